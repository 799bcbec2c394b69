package proactor

import (
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

const (
	// defaultHelpers is how many receives, and how many sends, may be under way at the same time, unless the server is
	// told otherwise. glibc's aio has 20 threads.
	defaultHelpers = 128

	// mostHelpers is more than anybody should ask for. The Go runtime ends a process at 10 000 threads.
	mostHelpers = 4000

	receiveSize = 16 << 10 // bytes of the buffer of a receive
)

// helpers is the operation processor of proactor/emulated: threads that make the blocking calls, and a queue of what
// these came to.
//
// Sends have helpers of their own. With one set for both, as in glibc, as many receives as there are helpers would keep
// every reply from being sent.
type helpers struct {
	outbox
	receivers, senders, others *crew
	completed                  chan completion  // the completion queue
	first                      fifo[completion] // what wait has found there
	threads                    sync.WaitGroup

	free [][]byte
	lent []byte // the buffer that is free with the next completion

	napping bool // a helper naps, so that wait returns
}

// nap is an operation that helpers have besides: to do nothing for a tenth of a second. It is what bounds a wait, in
// which the proactor hears of nothing but completions. A timer of Go's would do so too; but the first of them makes the
// runtime open an epoll set, and end the process if there is no descriptor left, which is just when a wait is bounded.
const nap = cancel + 1

// A task is an operation that waits for a helper, with its buffer: where to receive, or what to send.
type task struct {
	op     operation
	fd     int
	buffer []byte
}

func newHelpers(cfg server.Config) *helpers {
	n := cfg.Workers
	if n <= 0 {
		n = defaultHelpers
	}
	return &helpers{
		receivers: newCrew(min(n, mostHelpers)), senders: newCrew(min(n, mostHelpers)),
		others:    newCrew(3), // the accept, the wait for the word to stop, and the nap
		completed: make(chan completion, 1024),
	}
}

// start leaves the operation to a helper. If none is idle, one is made, up to the limit; beyond it, the operation waits.
func (h *helpers) start(op operation, fd int, p []byte) {
	crew := h.others
	switch op {
	case part, deafen, sever:
		h.shut(op, fd)
		return
	case cancel: // what a thread is blocked in cannot be taken back; nor is there need: a receive does not go on
		h.done.put(completion{op: op, fd: fd})
		return
	case receive:
		crew, p = h.receivers, h.buffer()
	case send:
		crew = h.senders
	}
	if crew.put(task{op, fd, p}) {
		h.threads.Add(1)
		go h.help(crew)
	}
}

// help is a helper: a thread that takes one operation, performs it, says what it came to, and takes the next.
func (h *helpers) help(crew *crew) {
	runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
	defer h.threads.Done()
	for {
		t, ok := crew.take()
		if !ok {
			return
		}
		h.completed <- t.perform()
	}
}

// perform makes the call, and blocks in it.
func (t *task) perform() completion {
	c := completion{op: t.op, fd: t.fd}
	switch t.op {
	case accept:
		c.n, c.err = block(unix.SYS_ACCEPT4, t.fd, nil, unix.SOCK_CLOEXEC)
	case receive:
		c.n, c.err = block(unix.SYS_RECVFROM, t.fd, t.buffer, 0)
		c.data = t.buffer[:c.n]
	case send:
		c.n, c.err = block(unix.SYS_SENDTO, t.fd, t.buffer, unix.MSG_NOSIGNAL)
	case stop:
		c.n, c.err = block(unix.SYS_READ, t.fd, make([]byte, 8), 0)
	case nap:
		server.Nap()
	}
	return c
}

// block makes a system call of the form (descriptor, address, size, flags). accept4 has neither address nor size, and read
// has no flags.
func block(call uintptr, fd int, p []byte, flags uintptr) (n int, err unix.Errno) {
	for {
		r, _, err := unix.Syscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		if err == 0 {
			return int(r), 0
		}
		if err != unix.EINTR {
			return 0, err
		}
	}
}

// wait blocks until a helper has said something.
func (h *helpers) wait(timeout time.Duration) error {
	if timeout > 0 && !h.napping {
		h.napping = true
		h.start(nap, -1, nil)
	}
	if timeout != 0 && h.done.len() == 0 {
		h.note(<-h.completed)
	}
	for range len(h.completed) { // and what there is besides, but not what comes while that is dispatched
		h.note(<-h.completed)
	}
	return nil
}

func (h *helpers) note(c completion) {
	if c.op == nap {
		h.napping = false
		return
	}
	h.first.put(c)
}

// next takes the next completion. The buffer of the last one is free now.
func (h *helpers) next() (c completion, ok bool) {
	if h.lent != nil {
		h.free = append(h.free, h.lent)
		h.lent = nil
	}
	if c, ok = h.done.take(); ok {
		return c, true
	}
	if c, ok = h.first.take(); ok && c.op == receive {
		h.lent = c.data[:receiveSize]
	}
	return c, ok
}

// buffer is where to receive: it is given before anything has come.
func (h *helpers) buffer() []byte {
	if last := len(h.free) - 1; last >= 0 {
		b := h.free[last]
		h.free = h.free[:last]
		return b
	}
	return make([]byte, receiveSize)
}

// close sends the helpers home, and waits until they have gone.
func (h *helpers) close() {
	for _, crew := range []*crew{h.receivers, h.senders, h.others} {
		crew.close()
	}
	h.threads.Wait()
}
