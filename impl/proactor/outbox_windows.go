package proactor

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// An outbox has the completions of what was performed when it was started, since it never blocks.
type outbox struct{ done fifo[completion] }

// part ends the sending side, as shutdown does: it is a note that the kernel makes.
func (o *outbox) part(fd int) {
	o.done.put(completion{op: part, fd: fd, err: errno(windows.Shutdown(windows.Handle(fd), windows.SHUT_WR))})
}

// performed notes what needed no doing but what was done when it was started.
func (o *outbox) performed(op operation, fd int) { o.done.put(completion{op: op, fd: fd}) }

// refused notes that an operation could not be started: so the port will tell nothing of it.
func (o *outbox) refused(op operation, fd int, err error) {
	o.done.put(completion{op: op, fd: fd, err: errno(err)})
}

// meaning gives errors of Windows the names by which the handlers know them, who are the same on every system. Any other
// error means to them that the connection is gone, or for an accept, the one client.
var meaning = map[syscall.Errno]syscall.Errno{
	windows.ERROR_OPERATION_ABORTED: syscall.ECANCELED,
	windows.WSAENOBUFS:              syscall.ENOBUFS,
	windows.WSAEINTR:                syscall.EINTR,
	windows.WSAENOTSOCK:             syscall.ENOTSOCK,
	windows.WSAEINVAL:               syscall.EINVAL,
	windows.ERROR_INVALID_HANDLE:    syscall.EBADF,
}

func errno(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	var e syscall.Errno
	if !errors.As(err, &e) {
		return syscall.EINVAL // none of the calls that are made here fails so
	}
	if m, ok := meaning[e]; ok {
		return m
	}
	return e
}
