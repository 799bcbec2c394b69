//go:build linux && (amd64 || arm64)

package tracer

import (
	"os"

	"golang.org/x/sys/unix"
)

func init() {
	roles["identity"] = roleIdentity
	roles["rights"] = roleRights
}

// roleIdentity moves descriptors about by every means, and reads by each: it must be the same object every time.
func roleIdentity() {
	e := value2(unix.EpollCreate1(0))
	expect("epoll_create1", fields{"made": []fields{{"fd": e, "object": "epoll:1"}}})
	wait := func(fd int, object string) {
		var got [1]unix.EpollEvent
		value2(unix.EpollWait(fd, got[:], 0))
		expect(waitName, fields{"fd": fd, "object": object, "result": 0})
	}
	two := value2(unix.Dup(e))
	wait(two, "epoll:1")
	must(unix.Dup3(e, 50, unix.O_CLOEXEC))
	expect("dup3", fields{"fd": e, "object": "epoll:1", "result": 50, "value": 50, "flags": unix.O_CLOEXEC})
	wait(50, "epoll:1")
	three := value2(unix.FcntlInt(uintptr(two), unix.F_DUPFD_CLOEXEC, 60))
	expect("fcntl", fields{"fd": two, "option": "F_DUPFD_CLOEXEC", "value": 60, "result": three, "made": []fields{{"fd": three, "object": "epoll:1"}}})
	wait(three, "epoll:1")
	other := value2(unix.EpollCreate1(0))
	must(unix.Dup3(other, two, 0)) // two named epoll:1
	wait(two, "epoll:2")
	must(unix.Close(50))
	must(unix.CloseRange(uint(three), uint(three), 0))
	expect("close_range", fields{"value": three, "want": three})
	again := value2(unix.FcntlInt(uintptr(other), unix.F_DUPFD, 50))
	wait(again, "epoll:2")
	must(unix.Close(e))
	expect("close", fields{"fd": e, "object": "epoll:1"})
	s := value2(unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
	_, _, err := unix.Recvfrom(s, make([]byte, 1), 0)
	ignore(err)
	expect("recvfrom", fields{"fd": e, "object": object(s)}) // the number of the closed one
	describe()
}

// roleRights passes descriptors of every kind over a socket, in the same process. What arrives has new numbers and the
// old names, also where the kernel gives all objects of a kind one name.
func roleRights() {
	pair := value2(unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0))
	e1, e2 := value2(unix.EpollCreate1(0)), value2(unix.EpollCreate1(0))
	s := value2(unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))
	ev := value2(unix.Eventfd(0, unix.EFD_NONBLOCK))
	sent := []int{e2, s, ev, e1}
	names := []string{"epoll:2", object(s), eventfdName(ev), "epoll:1"}
	must(unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(sent...), nil, 0))
	expect("sendmsg", fields{"fd": pair[0], "result": 1, "passed": fdFields(sent, names)})
	control := make([]byte, unix.CmsgSpace(4*len(sent)))
	_, n, _, _, err := unix.Recvmsg(pair[1], make([]byte, 1), control, 0)
	must(err)
	messages := value2(unix.ParseSocketControlMessage(control[:n]))
	got := value2(unix.ParseUnixRights(&messages[0]))
	expect("recvmsg", fields{"fd": pair[1], "result": 1, "passed": fdFields(got, names)})
	must(unix.Close(e2))
	var events [1]unix.EpollEvent
	value2(unix.EpollWait(got[0], events[:], 0))
	expect(waitName, fields{"fd": got[0], "object": "epoll:2"})
	_, err = unix.Read(got[2], make([]byte, 8))
	ignore(err)
	expect("read", fields{"fd": got[2], "object": names[2], "errno": "EAGAIN", "nonblock": true})
	must(os.Stdin.Close())
	describe()
}

func fdFields(fds []int, names []string) (all []fields) {
	for i, fd := range fds {
		all = append(all, fields{"fd": fd, "object": names[i]})
	}
	return all
}
