//go:build linux && (amd64 || arm64)

package tracer

import (
	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// shape says how a system call is recorded.
type shape struct {
	name      string
	family    trace.Family
	fd        int                         // which argument is the descriptor it works on, or none
	makesTask bool                        // its Flags are clone flags
	silent    bool                        // watched for the tracer's own sake, never recorded
	plain     func(*file, [6]uint64) bool // which calls on plain files are recorded; nil: no such call
	enter     func(*tracer, *task)        // reads what is there before the call
	leave     func(*tracer, *task)        // reads what is there after it
}

// none: the call works on no descriptor.
const none = -1

// wants says whether a call on f is recorded.
func (s *shape) wants(f *file, args [6]uint64) bool {
	switch {
	case f == nil:
		return s.family != trace.FamilyClose // programs close whole ranges of numbers that name nothing
	case f.plain:
		return s.plain != nil && s.plain(f, args)
	default:
		return true
	}
}

// moves says whether a call reads or writes f.
func (s *shape) moves(f *file) bool {
	return f != nil && (s.family == trace.FamilyRead || s.family == trace.FamilyWrite)
}

// always records calls on plain files, too.
func always(*file, [6]uint64) bool { return true }

// shapes has every call that the tracer watches. What is done with the arguments and results is in the man page of each.
var shapes = []shape{
	{name: "socket", fd: none, enter: flags(1), leave: makes},
	{name: "bind", enter: address(1, 2), leave: describes},
	{name: "listen", enter: value(1), leave: describes},
	{name: "connect", enter: address(1, 2), leave: connected},
	{name: "shutdown", enter: (*tracer).enterShutdown},

	{name: "setsockopt", enter: (*tracer).enterSetsockopt},
	{name: "fcntl", plain: isLock, enter: (*tracer).enterFcntl, leave: (*tracer).leaveFcntl},
	{name: "ioctl", enter: (*tracer).enterIoctl, leave: (*tracer).leaveIoctl},

	{name: "accept", leave: (*tracer).accepted},
	{name: "accept4", enter: flags(3), leave: (*tracer).accepted},

	{name: "read", enter: want(2)},
	{name: "pread64", enter: want(2)},
	{name: "readv", enter: vector(1, 2)},
	{name: "preadv", enter: vector(1, 2)},
	{name: "preadv2", enter: (*tracer).enterRW2},
	{name: "recvfrom", enter: both(want(2), message(3))},
	{name: "recvmsg", enter: both(oneMessage, message(2)), leave: (*tracer).received},
	{name: "recvmmsg", enter: both(manyMessages, message(3)), leave: (*tracer).receivedMany},

	{name: "write", enter: want(2)},
	{name: "pwrite64", enter: want(2)},
	{name: "writev", enter: vector(1, 2)},
	{name: "pwritev", enter: vector(1, 2)},
	{name: "pwritev2", enter: (*tracer).enterRW2},
	{name: "sendto", enter: both(want(2), both(message(3), address(4, 5)))},
	{name: "sendmsg", enter: both(oneMessage, both(message(2), (*tracer).sending))},
	{name: "sendmmsg", enter: both(manyMessages, both(message(3), (*tracer).sendingMany))},
	{name: "sendfile", enter: want(3)},
	{name: "splice", fd: 2, plain: always, enter: (*tracer).enterSplice},

	{name: "close", enter: (*tracer).enterClose, leave: (*tracer).leaveClose},
	{name: "close_range", fd: none, enter: (*tracer).enterCloseRange, leave: (*tracer).leaveCloseRange},

	{name: "dup", leave: (*tracer).duplicated},
	{name: "dup2", plain: always, enter: replaces(0), leave: (*tracer).duplicated},
	{name: "dup3", plain: always, enter: replaces(2), leave: (*tracer).duplicated},

	{name: "select", fd: none, enter: (*tracer).enterSelect, leave: (*tracer).leaveSelect},
	{name: "pselect6", fd: none, enter: (*tracer).enterPselect, leave: (*tracer).leaveSelect},
	{name: "poll", fd: none, enter: (*tracer).enterPoll, leave: (*tracer).leavePoll},
	{name: "ppoll", fd: none, enter: (*tracer).enterPpoll, leave: (*tracer).leavePoll},

	{name: "epoll_create", fd: none, leave: makesNew("epoll")},
	{name: "epoll_create1", fd: none, enter: flags(0), leave: makesNew("epoll")},
	{name: "epoll_ctl", enter: (*tracer).enterEpollCtl},
	{name: "epoll_wait", enter: both(count(2), timeoutMS(3)), leave: (*tracer).leaveEpollWait},
	{name: "epoll_pwait", enter: both(count(2), timeoutMS(3)), leave: (*tracer).leaveEpollWait},
	{name: "epoll_pwait2", enter: both(count(2), timeoutSpec(3)), leave: (*tracer).leaveEpollWait},

	{name: "io_uring_setup", fd: none, leave: (*tracer).leaveRingSetup},
	{name: "io_uring_enter", fd: none, enter: (*tracer).enterRing, leave: (*tracer).leaveRing},
	{name: "io_uring_register", fd: none, enter: (*tracer).enterRingRegister, leave: (*tracer).leaveRingRegister},

	{name: "eventfd", fd: none, enter: value(0), leave: makes},
	{name: "eventfd2", fd: none, enter: both(value(0), flags(1)), leave: makes},
	{name: "pipe", fd: none, leave: makesPair(0)},
	{name: "pipe2", fd: none, enter: flags(1), leave: makesPair(0)},
	{name: "socketpair", fd: none, enter: flags(1), leave: makesPair(3)},
	{name: "timerfd_create", fd: none, enter: both(value(0), flags(1)), leave: makesNew("timerfd")},
	{name: "signalfd", leave: (*tracer).leaveSignalfd},
	{name: "signalfd4", enter: flags(3), leave: (*tracer).leaveSignalfd},

	{name: "fork", fd: none, makesTask: true},
	{name: "vfork", fd: none, makesTask: true},
	{name: "clone", fd: none, makesTask: true, enter: flags(0)},
	{name: "clone3", fd: none, makesTask: true, enter: (*tracer).enterClone3},
	{name: "execve", fd: none},
	{name: "execveat", fd: none},
	{name: "wait4", fd: none, enter: flags(2), leave: (*tracer).leaveWait4},
	{name: "waitid", fd: none, enter: flags(3), leave: (*tracer).leaveWaitid},

	{name: "futex", fd: none, enter: (*tracer).enterFutex},
	{name: "flock", plain: always, enter: (*tracer).enterFlock},
	{name: "semop", fd: none, enter: value(0)},
	{name: "semtimedop", fd: none, enter: both(value(0), timeoutSpec(3))},

	{name: "nanosleep", fd: none, enter: timeoutSpec(0)},
	{name: "clock_nanosleep", fd: none, enter: both(flags(1), timeoutSpec(2))},

	{name: "io_setup", fd: none, enter: count(0)},
	{name: "io_submit", fd: none, enter: count(1)},
	{name: "io_getevents", fd: none, enter: both(count(2), timeoutSpec(4))},
	{name: "io_pgetevents", fd: none, enter: both(count(2), timeoutSpec(4))},
	{name: "io_cancel", fd: none},
	{name: "io_destroy", fd: none},

	{name: "mmap", fd: 4, silent: true, plain: nil, leave: (*tracer).leaveMmap},
	{name: "unshare", fd: none, silent: true, leave: (*tracer).leaveUnshare},
}

// shapesByNumber is the same by this machine's numbers.
var shapesByNumber = func() (table []*shape) {
	for i := range shapes {
		s := &shapes[i]
		number, ok := numbers[s.name]
		if !ok {
			continue
		}
		s.family = trace.FamilyOf(s.name)
		for uint64(len(table)) <= number {
			table = append(table, nil)
		}
		table[number] = s
	}
	return table
}()

// isLock lets record locks on files be recorded where locks are: they stop in any case, being fcntl.
func isLock(_ *file, args [6]uint64) bool {
	switch args[1] {
	case unix.F_SETLK, unix.F_SETLKW, unix.F_OFD_SETLK, unix.F_OFD_SETLKW:
		return true
	}
	return false
}
