//go:build linux && (amd64 || arm64)

package tracer

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/iospec/iospec/trace"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func init() {
	roles["pipes"] = rolePipes
	roles["tcp"] = roleTCP
	roles["unix"] = roleUnix
	roles["epoll"] = roleEpoll
	roles["poll"] = rolePoll
	roles["select"] = roleSelect
	roles["wakers"] = roleWakers
	roles["options"] = roleOptions
	roles["vectors"] = roleVectors
	roles["files"] = roleFiles
	roles["faults"] = roleFaults
	roles["sleep"] = roleSleep
	roles["locks"] = roleLocks
}

// Each role below is told by the test of the same name, which demands that all of it is in the recording.
func TestDecoders(t *testing.T) {
	for _, role := range []string{
		"pipes", "tcp", "unix", "epoll", "poll", "select", "wakers", "options", "vectors", "faults", "sleep", "identity", "rights",
	} {
		t.Run(role, func(t *testing.T) {
			r := record(t, roleCommand(role), Options{})
			r.described()
			r.wellFormed()
		})
	}
}

func fd(n int) fields { return fields{"fd": n, "object": object(n)} }

func ignore(error) {}

func rolePipes() {
	var p [2]int
	must(unix.Pipe2(p[:], unix.O_NONBLOCK))
	expect("pipe2", fields{"flags": unix.O_NONBLOCK, "made": []fields{fd(p[0]), fd(p[1])}})
	buf := make([]byte, 100)
	_, err := unix.Read(p[0], buf)
	ignore(err)
	expect("read", fields{"fd": p[0], "result": -1, "errno": "EAGAIN", "want": 100, "nonblock": true, "object": object(p[0])})
	value2(unix.Write(p[1], buf[:7]))
	expect("write", fields{"fd": p[1], "result": 7, "want": 7, "object": object(p[1]), "family": "write"})
	value2(unix.Read(p[0], buf))
	expect("read", fields{"fd": p[0], "result": 7, "want": 100, "object": object(p[0]), "family": "read"})
	o := object(p[0])
	must(unix.Close(p[0]))
	expect("close", fields{"fd": p[0], "object": o, "result": 0})
	describe()
}

// addressText is what the recording makes of a socket's address.
func addressText(sa unix.Sockaddr) string {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String()
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port)).String()
	}
	panic("another family")
}

func accept4Null(l, flags int) int {
	fd, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(l), 0, 0, uintptr(flags), 0, 0)
	if errno != 0 {
		must(errno)
	}
	return int(fd)
}

// roleTCP serves two clients of its own on a dual-stack listener: IPv4 peers must be written as IPv4.
func roleTCP() {
	l := value2(unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
	expect("socket", fields{"result": l, "flags": unix.SOCK_STREAM | unix.SOCK_CLOEXEC, "made": []fields{fd(l)}, "fd": -1})
	must(unix.SetsockoptInt(l, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	expect("setsockopt", fields{"fd": l, "option": "SO_REUSEPORT", "value": 1, "object": object(l)})
	must(unix.Bind(l, &unix.SockaddrInet6{}))
	expect("bind", fields{"fd": l, "address": "[::]:0", "object": object(l)})
	must(unix.Listen(l, 17))
	expect("listen", fields{"fd": l, "value": 17, "family": "socket"})
	port := value2(unix.Getsockname(l)).(*unix.SockaddrInet6).Port
	for i := range 2 {
		c := value2(unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
		must(unix.Connect(c, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}))
		expect("connect", fields{"fd": c, "address": fmt.Sprintf("127.0.0.1:%d", port), "result": 0})
		peer := addressText(value2(unix.Getsockname(c)))
		var s int
		flags := 0
		if i == 0 {
			flags = unix.SOCK_NONBLOCK
			s = accept4Null(l, flags)
		} else {
			s, _ = value3(unix.Accept4(l, flags))
		}
		expect("accept4", fields{"fd": l, "object": object(l), "result": s, "flags": flags, "address": peer, "made": []fields{fd(s)}})
		exchange(c, s, i == 0)
	}
	must(unix.Shutdown(l, unix.SHUT_RD))
	expect("shutdown", fields{"fd": l, "option": "SHUT_RD", "value": 0})
	describe()
}

func value3[A, B any](a A, b B, err error) (A, B) {
	must(err)
	return a, b
}

func exchange(c, s int, nonblock bool) {
	buf := make([]byte, 64)
	if nonblock {
		_, _, err := unix.Recvfrom(s, buf, 0)
		ignore(err)
		expect("recvfrom", fields{"fd": s, "errno": "EAGAIN", "nonblock": true, "want": 64, "object": object(s)})
	} else {
		_, _, err := unix.Recvfrom(s, buf, unix.MSG_DONTWAIT)
		ignore(err)
		expect("recvfrom", fields{"fd": s, "errno": "EAGAIN", "nonblock": true, "flags": unix.MSG_DONTWAIT})
	}
	must(unix.Send(c, buf[:5], unix.MSG_NOSIGNAL))
	expect("sendto", fields{"fd": c, "result": 5, "want": 5, "flags": unix.MSG_NOSIGNAL, "object": object(c)})
	value3(unix.Recvfrom(s, buf, 0))
	expect("recvfrom", fields{"fd": s, "result": 5, "nonblock": nonblock, "object": object(s)})
}

func TestSocketsAreDescribed(t *testing.T) {
	r := record(t, roleCommand("tcp"), Options{})
	last := map[trace.Object]trace.Socket{}
	for _, rec := range r.records {
		if rec.Socket != nil {
			last[rec.Socket.Object] = *rec.Socket
		}
	}
	listener := last[r.named("listen")[0].Object]
	require.True(t, listener.Listening)
	require.Equal(t, "inet6", listener.Domain)
	require.Equal(t, "stream", listener.Type)
	for _, accept := range r.named("accept4") {
		s := last[accept.Made[0].Object]
		require.Equal(t, accept.Address, s.Peer)
		require.Equal(t, netip.MustParseAddrPort(listener.Local).Port(), netip.MustParseAddrPort(s.Local).Port())
		require.False(t, s.Listening)
	}
}

func roleUnix() {
	name := fmt.Sprintf("@tracer-test-%d", os.Getpid())
	l := value2(unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0))
	must(unix.Bind(l, &unix.SockaddrUnix{Name: name}))
	expect("bind", fields{"fd": l, "address": name})
	must(unix.Listen(l, 1))
	c := value2(unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0))
	must(unix.Connect(c, &unix.SockaddrUnix{Name: name}))
	expect("connect", fields{"fd": c, "address": name})
	missing := unix.Connect(value2(unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)), &unix.SockaddrUnix{Name: "/no/such/socket"})
	ignore(missing)
	expect("connect", fields{"address": "/no/such/socket", "errno": "ENOENT"})
	describe()
}

func roleEpoll() {
	e := value2(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
	expect("epoll_create1", fields{"flags": unix.EPOLL_CLOEXEC, "made": []fields{{"fd": e, "object": "epoll:1"}}})
	e2 := value2(unix.EpollCreate1(0))
	expect("epoll_create1", fields{"made": []fields{{"fd": e2, "object": "epoll:2"}}})
	ev := value2(unix.Eventfd(3, unix.EFD_NONBLOCK))
	data := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: 0x11223344, Pad: 0x55667788}
	must(unix.EpollCtl(e, unix.EPOLL_CTL_ADD, ev, &data))
	full := uint64(0x5566778811223344)
	expect("epoll_ctl", fields{"fd": e, "object": "epoll:1",
		"ctl": fields{"op": "ADD", "fd": ev, "object": eventfdName(ev), "events": uint32(unix.EPOLLIN) | trace.Edge, "data": full}})
	var got [8]unix.EpollEvent
	value2(unix.EpollWait(e, got[:], 1500))
	expect(waitName, fields{"fd": e, "object": "epoll:1", "nfds": 8, "timeout": 1500 * time.Millisecond, "result": 1,
		"ready": []fields{{"events": 1, "data": full}}})
	value2(unix.EpollWait(e, got[:], 0))
	expect(waitName, fields{"fd": e, "result": 0, "timeout": 0, "ready": nil})
	if has("epoll_wait") {
		raw("epoll_wait", uintptr(e), uintptr(unsafe.Pointer(&got[0])), 1, 0)
		expect("epoll_wait", fields{"fd": e, "object": "epoll:1", "result": 0, "timeout": 0, "nfds": 1})
	}
	must(unix.EpollCtl(e, unix.EPOLL_CTL_MOD, ev, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT}))
	expect("epoll_ctl", fields{"ctl": fields{"op": "MOD", "fd": ev, "object": eventfdName(ev), "events": 1 | trace.OneShot}})
	must(unix.EpollCtl(e, unix.EPOLL_CTL_DEL, ev, nil))
	expect("epoll_ctl", fields{"ctl": fields{"op": "DEL", "fd": ev, "object": eventfdName(ev)}})
	ignore(unix.EpollCtl(e, unix.EPOLL_CTL_DEL, ev, nil))
	expect("epoll_ctl", fields{"errno": "ENOENT", "result": -1})
	ignore(pwait2(e2))
	expect("epoll_pwait2", fields{"fd": e2, "object": "epoll:2", "timeout": 5 * time.Microsecond, "result": 0, "nfds": 1})
	describe()
}

// waitName is the call behind unix.EpollWait.
const waitName = "epoll_pwait"

// raw makes a call by its kernel's name, of which older machines have some that x/sys no longer uses.
func raw(name string, args ...uintptr) syscall.Errno {
	var a [6]uintptr
	copy(a[:], args)
	_, _, errno := unix.Syscall6(uintptr(numbers[name]), a[0], a[1], a[2], a[3], a[4], a[5])
	return errno
}

// has tells whether this machine has the call.
func has(name string) bool {
	_, ok := numbers[name]
	return ok
}

func pwait2(e int) error {
	var got [1]unix.EpollEvent
	ts := unix.NsecToTimespec(5000)
	_, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(e), uintptr(unsafe.Pointer(&got[0])), 1,
		uintptr(unsafe.Pointer(&ts)), 0, 0)
	return errno
}

func eventfdName(fd int) string {
	id, _ := fdinfoField(value2(os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))), "eventfd-id:")
	return "eventfd:" + id
}

func rolePoll() {
	var p [2]int
	must(unix.Pipe(p[:]))
	value2(unix.Write(p[1], []byte("x")))
	set := []unix.PollFd{{Fd: int32(p[0]), Events: unix.POLLIN, Revents: 77}, {Fd: -1}, {Fd: int32(p[1]), Events: unix.POLLOUT | unix.POLLIN}}
	wanted := func(r0, r2 int) []fields {
		return []fields{
			without(fields{"fd": p[0], "object": object(p[0]), "events": 1, "revents": r0}), {"fd": -1, "events": 0},
			without(fields{"fd": p[1], "object": object(p[1]), "events": 5, "revents": r2}),
		}
	}
	value2(unix.Ppoll(set, &unix.Timespec{Sec: 2, Nsec: 7}, nil))
	expect("ppoll", fields{"nfds": 3, "timeout": 2*time.Second + 7, "result": 2, "polls": wanted(1, 4), "fd": -1})
	value2(unix.Read(p[0], make([]byte, 1)))
	value2(unix.Ppoll(set[:1], &unix.Timespec{}, nil))
	expect("ppoll", fields{"nfds": 1, "timeout": 0, "result": 0, "polls": wanted(0, 0)[:1]})
	if has("poll") {
		raw("poll", uintptr(unsafe.Pointer(&set[0])), 3, 3)
		expect("poll", fields{"nfds": 3, "timeout": 3 * time.Millisecond, "result": 1, "polls": wanted(0, 4)})
		raw("poll", uintptr(unsafe.Pointer(&set[0])), 3, ^uintptr(0))
		expect("poll", fields{"nfds": 3, "timeout": -1, "result": 1, "polls": wanted(0, 4)})
	}
	describe()
}

// without leaves out revents that are nothing, as the file format does.
func without(f fields) fields {
	if f["revents"] == 0 {
		delete(f, "revents")
	}
	return f
}

func roleSelect() {
	var p [2]int
	must(unix.Pipe(p[:]))
	high := 700 // in another word of the set than its neighbours
	must(unix.Dup3(p[1], high, 0))
	value2(unix.Write(p[1], []byte("x")))
	sets := func() (r, w, e *unix.FdSet) {
		r, w, e = new(unix.FdSet), new(unix.FdSet), new(unix.FdSet)
		r.Set(p[0])
		r.Set(high)
		w.Set(high)
		e.Set(p[0])
		return r, w, e
	}
	wanted := []fields{
		{"fd": p[0], "object": object(p[0]), "events": trace.In | trace.Pri, "revents": trace.In},
		{"fd": high, "object": object(high), "events": trace.In | trace.Out, "revents": trace.Out},
	}
	r, w, e := sets()
	value2(unix.Pselect(high+1, r, w, e, &unix.Timespec{Sec: 1}, nil))
	expect("pselect6", fields{"nfds": high + 1, "timeout": time.Second, "result": 2, "polls": wanted})
	r, w, e = sets()
	value2(unix.Pselect(high, r, w, e, nil, nil)) // below nfds only
	expect("pselect6", fields{"nfds": high, "timeout": -1, "result": 1, "polls": wanted[:1]})
	if has("select") {
		r, w, e = sets()
		raw("select", uintptr(high+1), uintptr(unsafe.Pointer(r)), uintptr(unsafe.Pointer(w)), uintptr(unsafe.Pointer(e)),
			uintptr(unsafe.Pointer(&unix.Timeval{Usec: 9})))
		expect("select", fields{"nfds": high + 1, "timeout": 9 * time.Microsecond, "result": 2, "polls": wanted})
	}
	describe()
}

func roleWakers() {
	ev := value2(unix.Eventfd(5, unix.EFD_NONBLOCK))
	expect("eventfd2", fields{"value": 5, "flags": unix.EFD_NONBLOCK, "made": []fields{{"fd": ev, "object": eventfdName(ev)}}, "family": "waker"})
	buf := make([]byte, 8)
	value2(unix.Read(ev, buf))
	expect("read", fields{"fd": ev, "object": eventfdName(ev), "result": 8, "nonblock": true})
	tm := value2(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK))
	expect("timerfd_create", fields{"made": []fields{{"fd": tm, "object": "timerfd:1"}}, "value": unix.CLOCK_MONOTONIC})
	_, err := unix.Read(tm, buf)
	ignore(err)
	expect("read", fields{"fd": tm, "object": "timerfd:1", "errno": "EAGAIN", "nonblock": true})
	sg := value2(unix.Signalfd(-1, &unix.Sigset_t{}, unix.SFD_NONBLOCK))
	expect("signalfd4", fields{"fd": -1, "made": []fields{{"fd": sg, "object": "signalfd:1"}}})
	value2(unix.Signalfd(sg, &unix.Sigset_t{}, 0))
	expect("signalfd4", fields{"fd": sg, "object": "signalfd:1", "made": nil})
	pair := value2(unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0))
	expect("socketpair", fields{"made": []fields{fd(pair[0]), fd(pair[1])}, "flags": unix.SOCK_STREAM | unix.SOCK_NONBLOCK})
	_, err = unix.Read(pair[0], buf)
	ignore(err)
	expect("read", fields{"fd": pair[0], "errno": "EAGAIN", "nonblock": true})
	describe()
}

func roleOptions() {
	s := value2(unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
	buf := make([]byte, 1)
	try := func(nonblock bool) {
		_, _, err := unix.Recvfrom(s, buf, 0)
		ignore(err)
		expect("recvfrom", fields{"fd": s, "errno": "ENOTCONN", "nonblock": nonblock})
	}
	try(false)
	value2(unix.FcntlInt(uintptr(s), unix.F_SETFL, unix.O_NONBLOCK))
	expect("fcntl", fields{"fd": s, "option": "F_SETFL", "value": unix.O_NONBLOCK, "nonblock": false})
	try(true)
	must(unix.IoctlSetPointerInt(s, fionbio, 0))
	expect("ioctl", fields{"fd": s, "option": "FIONBIO", "value": 0})
	try(false)
	dup := value2(unix.Dup(s))
	expect("dup", fields{"fd": s, "object": object(s), "result": dup, "made": []fields{fd(dup)}})
	must(unix.IoctlSetPointerInt(dup, fionbio, 1))
	expect("ioctl", fields{"fd": dup, "option": "FIONBIO", "value": 1})
	try(true) // O_NONBLOCK is the description's, not the descriptor's
	must(unix.SetsockoptInt(s, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
	expect("setsockopt", fields{"option": "TCP_NODELAY", "value": 1})
	must(unix.SetsockoptLinger(s, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 9}))
	expect("setsockopt", fields{"option": "SO_LINGER", "value": 9})
	must(unix.SetsockoptTimeval(s, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1, Usec: 5}))
	expect("setsockopt", fields{"option": "SO_RCVTIMEO", "value": time.Second + 5*time.Microsecond})
	ignore(unix.SetsockoptInt(s, 12345, 6, 1))
	expect("setsockopt", fields{"option": "12345:6", "result": -1})
	describe()
}

func roleVectors() {
	pair := value2(unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0))
	three := [][]byte{make([]byte, 3), make([]byte, 40), make([]byte, 500)}
	value2(unix.Writev(pair[0], three))
	expect("writev", fields{"fd": pair[0], "want": 543, "result": 543})
	value2(unix.Readv(pair[1], three[1:]))
	expect("readv", fields{"fd": pair[1], "want": 540, "result": 540})
	value2(unix.SendmsgBuffers(pair[0], three[:2], nil, nil, 0))
	expect("sendmsg", fields{"fd": pair[0], "want": 43, "result": 43})
	_, _, _, _, err := unix.RecvmsgBuffers(pair[1], three[2:], nil, unix.MSG_DONTWAIT)
	must(err)
	expect("recvmsg", fields{"fd": pair[1], "want": 500, "result": 46, "nonblock": true})
	sendmmsg(pair[0], three[:2])
	expect("sendmmsg", fields{"fd": pair[0], "want": 43, "result": 2})
	f := value2(os.Open("/proc/self/exe"))
	value2(unix.Sendfile(pair[0], int(f.Fd()), nil, 99))
	expect("sendfile", fields{"fd": pair[0], "object": object(pair[0]), "want": 99, "result": 99})
	var p [2]int
	must(unix.Pipe(p[:]))
	value2(unix.Splice(pair[1], nil, p[1], nil, 50, unix.SPLICE_F_NONBLOCK))
	expect("splice", fields{"fd": pair[1], "object": object(pair[1]), "family": "read", "want": 50, "nonblock": true})
	value2(unix.Splice(p[0], nil, pair[1], nil, 10, 0))
	expect("splice", fields{"fd": pair[1], "object": object(pair[1]), "family": "write", "result": 10})
	describe()
}

// sendmmsg sends each buffer as a message of its own.
func sendmmsg(fd int, buffers [][]byte) {
	type mmsghdr struct {
		hdr unix.Msghdr
		len uint32
		_   uint32
	}
	messages, vectors := make([]mmsghdr, len(buffers)), make([]unix.Iovec, len(buffers))
	for i, b := range buffers {
		vectors[i] = unix.Iovec{Base: &b[0], Len: uint64(len(b))}
		messages[i].hdr.Iov, messages[i].hdr.Iovlen = &vectors[i], 1
	}
	_, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&messages[0])), uintptr(len(messages)), 0, 0, 0)
	if errno != 0 {
		must(errno)
	}
}

// roleFiles works on plain files, of which nothing is recorded but what concerns descriptors of other kinds.
func roleFiles() {
	f := value2(unix.Open("/proc/self/exe", unix.O_RDONLY, 0))
	for range 10 {
		value2(unix.Read(f, make([]byte, 100)))
	}
	must(unix.Close(f))
	s := value2(unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)) // the same number
	expect("socket", fields{"result": f, "made": []fields{fd(s)}})
	must(unix.Close(s))
	expect("close", fields{"fd": s})
	f = value2(unix.Open("/dev/null", unix.O_WRONLY, 0))
	value2(unix.Write(f, []byte("nothing")))
	describe()
}

func TestPlainFilesAreNotRecorded(t *testing.T) {
	r := record(t, roleCommand("files"), Options{})
	r.described()
	for _, c := range r.calls() {
		if c.Family == trace.FamilyRead || c.Family == trace.FamilyWrite || c.Family == trace.FamilyClose {
			require.NotContains(t, string(c.Object), "file:", "%+v", c)
		}
	}
}

func TestPlainFilesAreRecordedOnRequest(t *testing.T) {
	r := record(t, roleCommand("files"), Options{Files: true})
	r.described()
	n := 0
	for _, c := range r.calls() {
		if c.Name == "read" && c.Want == 100 && strings.HasPrefix(string(c.Object), "file:/") {
			require.Equal(t, int64(100), c.Result)
			n++
		}
	}
	require.Equal(t, 10, n)
}

// roleFaults passes addresses that cannot be read: the kernel says EFAULT or EINVAL, and the recording leaves them empty.
func roleFaults() {
	const bad = 8
	s := value2(unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
	e := value2(unix.EpollCreate1(0))
	call := func(name, errno string, args ...uintptr) {
		raw(name, args...)
		expect(name, fields{"errno": errno, "result": -1, "address": "", "polls": nil, "made": nil})
	}
	huge := ^uintptr(0)
	call("bind", "EFAULT", uintptr(s), bad, 16)
	call("connect", "EINVAL", uintptr(s), bad, huge)
	call("writev", "EFAULT", uintptr(s), bad, 3)
	call("readv", "EINVAL", uintptr(s), bad, huge)
	call("sendmsg", "EFAULT", uintptr(s), bad, 0)
	call("recvmsg", "EFAULT", uintptr(s), bad, 0)
	call("ppoll", "EFAULT", bad, 4, 0, 0, 0)
	call("ppoll", "EINVAL", bad, huge, 0, 0, 0)
	call("pselect6", "EFAULT", 40, bad, bad, 0, 0, 0)
	call("pselect6", "EINVAL", huge, bad, bad, bad, 0, 0)
	call("epoll_ctl", "EFAULT", uintptr(e), unix.EPOLL_CTL_ADD, uintptr(s), bad)
	call("pipe2", "EFAULT", bad, 0)
	call("socketpair", "EFAULT", unix.AF_UNIX, unix.SOCK_STREAM, 0, bad)
	call("read", "EBADF", huge, bad, 1)
	call("read", "EBADF", 1<<30, bad, 1)
	call("read", "EBADF", ^uintptr(99), bad, 1)
	call("epoll_ctl", "EFAULT", uintptr(e), 77, uintptr(s), 0)
	call("clone3", "EFAULT", bad, 64)
	call("wait4", "ECHILD", huge, bad, 0, 0)
	call("waitid", "EFAULT", 0, 0, bad, unix.WEXITED)
	call("io_uring_setup", "EFAULT", 8, bad)
	describe()
}

func roleSleep() {
	must(unix.Nanosleep(&unix.Timespec{Nsec: 3000}, nil))
	expect("nanosleep", fields{"timeout": 3 * time.Microsecond, "family": "sleep"})
	must(unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &unix.Timespec{Nsec: 4000}, nil))
	expect("clock_nanosleep", fields{"timeout": 4 * time.Microsecond})
	describe()
}

func roleLocks() {
	f := value2(os.CreateTemp("", "tracer-lock"))
	defer func() { ignore(os.Remove(f.Name())) }()
	must(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	expect("flock", fields{"fd": f.Fd(), "option": "LOCK_EX", "nonblock": true, "object": "file:" + f.Name()})
	word := uint32(7)
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 128, 6, 0, 0, 0)
	expect("futex", fields{"option": "FUTEX_WAIT", "errno": "EAGAIN", "flags": 128, "value": uintptr(unsafe.Pointer(&word))})
	describe()
}

func TestLocksAreRecordedOnRequest(t *testing.T) {
	r := record(t, roleCommand("locks"), Options{Extra: []trace.Family{trace.FamilyLock}})
	r.described()
	without := record(t, roleCommand("locks"), Options{})
	for _, c := range without.calls() {
		require.NotEqual(t, trace.FamilyLock, c.Family)
	}
}

// wellFormed checks what every recording must keep.
func (r *recorded) wellFormed() {
	r.t.Helper()
	require.NotNil(r.t, r.records[0].Header)
	require.NotNil(r.t, r.records[len(r.records)-1].End)
	alive, seen, count := map[int]bool{}, map[int64]bool{}, int64(0)
	for _, rec := range r.records {
		switch {
		case rec.Born != nil:
			require.False(r.t, alive[rec.Born.TID], "born twice: %d", rec.Born.TID)
			alive[rec.Born.TID] = true
			if rec.Born.Parent != 0 {
				require.True(r.t, alive[rec.Born.Parent], "born of nobody: %d", rec.Born.TID)
			}
		case rec.Exec != nil && rec.Exec.Old != 0:
			delete(alive, rec.Exec.Old)
		case rec.Exit != nil:
			require.True(r.t, alive[rec.Exit.TID], "ended, but was never born: %d", rec.Exit.TID)
			delete(alive, rec.Exit.TID)
		case rec.Call != nil:
			require.False(r.t, seen[rec.Call.Seq], "two calls have number %d", rec.Call.Seq)
			seen[rec.Call.Seq] = true
			count++
		}
	}
	require.Empty(r.t, alive, "no end recorded")
	end := r.records[len(r.records)-1].End
	require.Equal(r.t, count, end.Calls)
	require.Zero(r.t, end.Lost)
	for n := range end.Calls {
		require.True(r.t, seen[n+1], "no call has number %d", n+1)
	}
}
