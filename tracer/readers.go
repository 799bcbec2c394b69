//go:build linux && (amd64 || arm64)

package tracer

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// The readers of single system calls, in the order of the table shapes.

func (tr *tracer) enterShutdown(t *task) {
	t.call.Value, t.call.Option = int64(int32(t.args[1])), nameOf(shutdownNames, t.args[1])
}

// enterSetsockopt reads the option's name and its value: a number, for a timeout nanoseconds, for SO_LINGER seconds or -1
// when lingering is switched off.
func (tr *tracer) enterSetsockopt(t *task) {
	t.call.Option = sockoptName(int(int32(t.args[1])), int(int32(t.args[2])))
	b := tr.mem.read(t.tid, t.args[3], int(min(t.args[4], 16)))
	switch {
	case len(b) == 16 && strings.HasSuffix(t.call.Option, "TIMEO"):
		t.call.Value = int64(timeval(b))
	case len(b) == 8 && t.call.Option == "SO_LINGER":
		t.call.Value = int64(int32(le.Uint32(b[4:])))
		if le.Uint32(b) == 0 {
			t.call.Value = -1
		}
	case len(b) >= 4:
		t.call.Value = int64(int32(le.Uint32(b)))
	}
}

func (tr *tracer) enterFcntl(t *task) {
	t.call.Option = nameOf(fcntlNames, t.args[1])
	switch t.args[1] {
	case unix.F_DUPFD, unix.F_DUPFD_CLOEXEC, unix.F_SETFD, unix.F_SETFL, unix.F_SETOWN, unix.F_SETSIG, unix.F_SETPIPE_SZ:
		t.call.Value = int64(int32(t.args[2])) // others take none, or a pointer
	}
}

func (tr *tracer) leaveFcntl(t *task) {
	if failed(t) {
		return
	}
	switch t.args[1] {
	case unix.F_SETFL:
		if t.file != nil {
			t.file.nonblock = t.args[2]&syscall.O_NONBLOCK != 0
		}
	case unix.F_DUPFD, unix.F_DUPFD_CLOEXEC:
		tr.duplicated(t)
	}
}

func (tr *tracer) enterIoctl(t *task) {
	t.call.Option = nameOf(ioctlNames, t.args[1])
	if t.args[1] == fionbio || t.args[1] == fioasync {
		n, _ := tr.mem.uint32(t.tid, t.args[2])
		t.call.Value = int64(int32(n))
	}
}

func (tr *tracer) leaveIoctl(t *task) {
	switch {
	case failed(t):
	case t.args[1] == fionbio && t.file != nil:
		t.file.nonblock = t.call.Value != 0
	case t.args[1] == fionread:
		n, _ := tr.mem.uint32(t.tid, t.args[2])
		t.call.Value = int64(int32(n))
	}
}

// accepted: the new socket is described as it is found, and the peer comes from accept's own result, or, when the caller
// did not ask for it, from the socket.
func (tr *tracer) accepted(t *task) {
	if failed(t) {
		return
	}
	makes(tr, t)
	if size, ok := tr.mem.uint32(t.tid, t.args[2]); ok && t.args[1] != 0 {
		t.call.Address = sockaddr(tr.mem.readSome(t.tid, t.args[1], int(min(size, unix.SizeofSockaddrAny))))
	}
	if t.call.Address == "" {
		if f := t.files.get(int(t.call.Result)); f != nil {
			t.call.Address = tr.peer(t, f)
		}
	}
}

func (tr *tracer) peer(t *task, f *file) string {
	copied := tr.world.copyFD(t, int(t.call.Result))
	if copied < 0 {
		s := trace.Socket{Object: f.object}
		fromTables(t.tid, &s)
		return s.Peer
	}
	defer func() { _ = unix.Close(copied) }()
	return addressBy(unix.SYS_GETPEERNAME, copied)
}

// enterRW2 is preadv2 and pwritev2, whose RWF_NOWAIT makes the one call non-blocking.
func (tr *tracer) enterRW2(t *task) {
	t.call.Want = tr.vectorBytes(t, t.args[1], t.args[2])
	t.call.Flags = t.args[5]
	t.call.Nonblock = t.call.Nonblock || t.call.Flags&unix.RWF_NOWAIT != 0
}

// messageHeader reads the struct msghdr at an address.
func (tr *tracer) messageHeader(t *task, addr uint64) (msghdr, bool) {
	return decodeMsghdr(tr.mem.read(t.tid, addr, msghdrSize))
}

// oneMessage sums what sendmsg and recvmsg ask for, and reads an address that is given.
func oneMessage(tr *tracer, t *task) {
	m, ok := tr.messageHeader(t, t.args[1])
	if !ok {
		return
	}
	t.call.Want = tr.vectorBytes(t, m.iov, m.iovLen)
	if t.call.Family == trace.FamilyWrite && m.nameLen <= unix.SizeofSockaddrAny {
		t.call.Address = sockaddr(tr.mem.readSome(t.tid, m.name, int(m.nameLen)))
	}
}

// manyMessages sums over the array of sendmmsg and recvmmsg. Their result counts messages, not bytes.
func manyMessages(tr *tracer, t *task) {
	tr.eachMessage(t, int(min(t.args[2], mostVectors)), func(m msghdr) {
		t.call.Want += tr.vectorBytes(t, m.iov, m.iovLen)
	})
}

// eachMessage walks the first n headers of an array of struct mmsghdr.
func (tr *tracer) eachMessage(t *task, n int, f func(msghdr)) {
	for i := range n {
		m, ok := tr.messageHeader(t, t.args[1]+uint64(i)*mmsghdrSize)
		if !ok {
			return
		}
		f(m)
	}
}

// mostControl bounds a control buffer; the kernel passes at most 253 descriptors in a message (SCM_MAX_FD).
const mostControl = 64 << 10

// passed lists the descriptors in a message's control buffer. On the receiving side they are new.
func (tr *tracer) passed(t *task, m msghdr, received bool) {
	for _, fd := range rights(tr.mem.read(t.tid, m.control, int(min(m.ctrlLen, mostControl)))) {
		if received {
			t.call.Passed = append(t.call.Passed, tr.made(t, fd))
		} else {
			t.call.Passed = append(t.call.Passed, fdOf(fd, tr.named(t, fd)))
		}
	}
}

func (tr *tracer) sending(t *task) {
	if m, ok := tr.messageHeader(t, t.args[1]); ok {
		tr.passed(t, m, false)
	}
}

func (tr *tracer) sendingMany(t *task) {
	tr.eachMessage(t, int(min(t.args[2], mostVectors)), func(m msghdr) { tr.passed(t, m, false) })
}

func (tr *tracer) received(t *task) {
	if m, ok := tr.messageHeader(t, t.args[1]); ok && !failed(t) {
		tr.passed(t, m, true)
	}
}

func (tr *tracer) receivedMany(t *task) {
	if !failed(t) {
		tr.eachMessage(t, int(min(t.call.Result, mostVectors)), func(m msghdr) { tr.passed(t, m, true) })
	}
}

// enterSplice: splice both reads and writes. It is recorded for the end that is no pipe, which is a read when that is
// the source.
func (tr *tracer) enterSplice(t *task) {
	t.call.Want, t.call.Flags = int64(t.args[4]), uint64(uint32(t.args[5]))
	fd := descriptor(t.args[0])
	if source := tr.named(t, fd); source != nil && source.kind == "socket" {
		t.file = source
		t.call.Family, t.call.FD = trace.FamilyRead, fd
		t.call.Object, t.call.Nonblock = source.object, source.nonblock
	}
	t.call.Nonblock = t.call.Nonblock || t.call.Flags&unix.SPLICE_F_NONBLOCK != 0
}

func (tr *tracer) enterClose(t *task) { t.files.set(t.call.FD, nil) }

func (tr *tracer) leaveClose(t *task) { t.files.drop(t.call.FD, t.file) }

// enterCloseRange: Value is the first descriptor, Want the last.
func (tr *tracer) enterCloseRange(t *task) {
	t.call.Value, t.call.Want = int64(uint32(t.args[0])), int64(uint32(t.args[1]))
	t.call.Flags = uint64(uint32(t.args[2]))
	if t.call.Flags&unix.CLOSE_RANGE_UNSHARE != 0 {
		t.files = t.files.clone()
	}
	tr.leaveCloseRange(t)
}

func (tr *tracer) leaveCloseRange(t *task) {
	if t.call.Flags&unix.CLOSE_RANGE_CLOEXEC != 0 {
		return
	}
	for fd := t.call.Value; fd <= t.call.Want && fd < int64(len(t.files.at)); fd++ {
		t.files.at[fd] = nil
	}
}

// duplicated: the result names what the first argument named.
func (tr *tracer) duplicated(t *task) {
	if failed(t) {
		return
	}
	fd := int(t.call.Result)
	t.files.set(fd, t.file)
	t.call.Made = []trace.FD{fdOf(fd, t.file)}
}

// mostSelect bounds the sets of select that are read; the kernel itself cuts nfds to the size of the table.
const mostSelect = 1 << 20

func (tr *tracer) enterSelect(t *task) {
	t.call.Timeout = tr.timeoutAt(t, t.args[4], timeval)
	tr.readSets(t)
}

func (tr *tracer) enterPselect(t *task) {
	t.call.Timeout = tr.timeoutAt(t, t.args[4], timespec)
	tr.readSets(t)
}

func (tr *tracer) readSets(t *task) {
	t.call.NFDs = int(int32(t.args[0]))
	nfds := min(t.call.NFDs, mostSelect)
	var sets [3][]byte
	for i := range sets {
		sets[i] = slices.Clone(tr.mem.read(t.tid, t.args[1+i], setSize(nfds)))
	}
	t.call.Polls = selectFDs(sets, nfds)
	tr.nameAll(t)
}

func (tr *tracer) nameAll(t *task) {
	for i := range t.call.Polls {
		p := &t.call.Polls[i]
		p.Object = tr.objectOf(t, p.FD)
	}
}

func (tr *tracer) leaveSelect(t *task) {
	if t.call.Result <= 0 {
		return
	}
	for i, which := range selectBits {
		set := tr.mem.read(t.tid, t.args[1+i], setSize(min(t.call.NFDs, mostSelect)))
		selectResult(t.call.Polls, set, which)
	}
}

func (tr *tracer) enterPoll(t *task) {
	t.call.Timeout = milliseconds(t.args[2])
	tr.readPollfds(t)
}

func (tr *tracer) enterPpoll(t *task) {
	t.call.Timeout = tr.timeoutAt(t, t.args[2], timespec)
	tr.readPollfds(t)
}

func (tr *tracer) readPollfds(t *task) {
	t.call.NFDs = int(int32(t.args[1]))
	t.call.Polls = pollfds(tr.mem.read(t.tid, t.args[0], t.call.NFDs*pollfdSize))
	for i := range t.call.Polls {
		t.call.Polls[i].Revents = 0 // what stands there before the call means nothing
	}
	tr.nameAll(t)
}

func (tr *tracer) leavePoll(t *task) {
	if t.call.Result <= 0 {
		return
	}
	b := tr.mem.read(t.tid, t.args[0], t.call.NFDs*pollfdSize)
	for i := range t.call.Polls {
		if at := i*pollfdSize + 6; at+2 <= len(b) {
			t.call.Polls[i].Revents = uint32(le.Uint16(b[at:]))
		}
	}
}

func (tr *tracer) enterEpollCtl(t *task) {
	op, known := epollOps[t.args[1]]
	if !known {
		return // the kernel will say EINVAL
	}
	fd := descriptor(t.args[2])
	ctl := &trace.Ctl{Op: op, FD: fd, Object: tr.objectOf(t, fd)}
	if t.args[1] != unix.EPOLL_CTL_DEL {
		for _, e := range epollEvents(tr.mem.read(t.tid, t.args[3], epollEventSize)) {
			ctl.Events, ctl.Data = e.Events, e.Data
		}
	}
	t.call.Ctl = ctl
}

func (tr *tracer) leaveEpollWait(t *task) {
	if t.call.Result > 0 {
		t.call.Ready = epollEvents(tr.mem.read(t.tid, t.args[1], int(t.call.Result)*epollEventSize))
	}
}

// leaveSignalfd: with descriptor -1 a new one is made, else that one's mask is changed.
func (tr *tracer) leaveSignalfd(t *task) {
	if !failed(t) && t.call.FD == -1 {
		tr.makeNumbered(t, "signalfd")
	}
}

// enterClone3 reads the flags, the first field of struct clone_args.
func (tr *tracer) enterClone3(t *task) { t.call.Flags, _ = tr.mem.uint64(t.tid, t.args[0]) }

func (tr *tracer) leaveWait4(t *task) { tr.reaped(t, t.call.Result) }

// leaveWaitid reads si_pid: 0 when nobody had ended. With WNOWAIT the child stays a zombie.
func (tr *tracer) leaveWaitid(t *task) {
	const pidAt = 16
	if pid, ok := tr.mem.uint32(t.tid, t.args[2]+pidAt); ok && t.args[2] != 0 && !failed(t) {
		tr.reaped(t, int64(int32(pid)))
	}
}

func (tr *tracer) reaped(t *task, pid int64) {
	if failed(t) || pid <= 0 {
		return
	}
	t.call.Child = int(pid)
	if t.call.Flags&unix.WNOWAIT == 0 {
		tr.p.mu.Lock()
		delete(tr.p.ended, int(pid))
		tr.p.mu.Unlock()
	}
}

// enterFutex: Value is the address of the futex, which is the same for all threads of a process.
func (tr *tracer) enterFutex(t *task) {
	t.call.Value, t.call.Flags = int64(t.args[0]), uint64(uint32(t.args[1]))
	if op := t.args[1] & futexCommand; op < uint64(len(futexNames)) {
		t.call.Option = futexNames[op]
	} else {
		t.call.Option = fmt.Sprintf("%#x", op)
	}
}

func (tr *tracer) enterFlock(t *task) {
	t.call.Option = nameOf(flockNames, t.args[1]&^unix.LOCK_NB)
	t.call.Nonblock = t.args[1]&unix.LOCK_NB != 0
}

// leaveUnshare: the thread has a descriptor table of its own now.
func (tr *tracer) leaveUnshare(t *task) {
	if !failed(t) && t.args[0]&unix.CLONE_FILES != 0 {
		t.files = t.files.clone()
	}
}
