package proactor

import "golang.org/x/sys/unix"

// An outbox has the completions of what was performed when it was started, since it never blocks: shutdown is a note that
// the kernel makes. (io_uring has an operation for it, but leaves it to a worker thread, which costs more than the call.)
type outbox struct{ done fifo[completion] }

// ends is which side of a connection an operation ends.
var ends = [...]uintptr{part: unix.SHUT_WR, deafen: unix.SHUT_RD, sever: unix.SHUT_RDWR}

// shut performs part, deafen or sever. Its error matters to part alone: a connection that is gone needs no parting.
func (o *outbox) shut(op operation, fd int) {
	_, _, err := unix.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), ends[op], 0)
	o.done.put(completion{op: op, fd: fd, err: err})
}
