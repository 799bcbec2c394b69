//go:build linux && (amd64 || arm64)

package tracer

import (
	"unsafe"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// socket finds a socket by its inode, which is the same wherever it travels, and describes it at first sight.
func (tr *tracer) socket(t *task, fd int, object trace.Object) *file {
	if f := tr.world.byObject[object]; f != nil {
		return f
	}
	f := &file{object: object, kind: "socket"}
	tr.world.byObject[object] = f
	tr.describe(t, fd, f)
	return f
}

// describe records what a socket is now. A copy of the descriptor is asked, which works in whatever network namespace
// the server is; where that is refused, the tables of /proc/TID/net are searched.
func (tr *tracer) describe(t *task, fd int, f *file) {
	if f == nil || f.kind != "socket" {
		return
	}
	s := trace.Socket{At: tr.p.Now(), Object: f.object}
	if copied := tr.world.copyFD(t, fd); copied >= 0 {
		f.nonblock = ask(copied, &s)
		_ = unix.Close(copied)
	} else {
		f.nonblock = hasNonblock(fdinfo(t.tid, fd))
		fromTables(t.tid, &s)
	}
	tr.record(trace.Record{Socket: &s})
}

// ask fills in what the socket itself says, and tells whether it is non-blocking.
func ask(fd int, s *trace.Socket) bool {
	if domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err == nil {
		s.Domain = nameOf(domainNames, domain)
	}
	if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err == nil {
		s.Type = nameOf(typeNames, kind)
	}
	listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	s.Listening = err == nil && listening == 1
	s.Local = addressBy(unix.SYS_GETSOCKNAME, fd)
	s.Peer = addressBy(unix.SYS_GETPEERNAME, fd)
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_NONBLOCK != 0
}

// addressBy is getsockname or getpeername, "" when there is no such end.
func addressBy(call uintptr, fd int) string {
	var buf [unix.SizeofSockaddrAny]byte
	size := uint32(len(buf))
	_, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)))
	if errno != 0 || size > uint32(len(buf)) {
		return ""
	}
	return sockaddr(buf[:size])
}

// copyFD gets a copy of a tracee's descriptor (pidfd_getfd(2)), or -1. The process is asked by its leader, and by the
// very thread when the leader has ended before it.
func (w *world) copyFD(t *task, fd int) int {
	pidfd, ok := w.pidfds[t.pid]
	if !ok {
		var err error
		if pidfd, err = unix.PidfdOpen(t.pid, 0); err != nil {
			return -1
		}
		w.pidfds[t.pid] = pidfd
	}
	if copied, err := unix.PidfdGetfd(pidfd, fd, 0); err == nil {
		return copied
	}
	thread, err := unix.PidfdOpen(t.tid, unix.PIDFD_THREAD)
	if err != nil {
		return -1
	}
	defer func() { _ = unix.Close(thread) }()
	copied, err := unix.PidfdGetfd(thread, fd, 0)
	if err != nil {
		return -1
	}
	return copied
}

// processEnded gives back what was held of a process.
func (w *world) processEnded(pid int) {
	if pidfd, ok := w.pidfds[pid]; ok {
		_ = unix.Close(pidfd)
		delete(w.pidfds, pid)
	}
}

// close gives back everything.
func (tr *tracer) close() {
	for pid := range tr.world.pidfds {
		tr.world.processEnded(pid)
	}
}
