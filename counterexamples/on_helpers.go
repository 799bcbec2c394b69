//go:build linux

package counterexamples

import (
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// helpers is a processor that has threads perform the operations, and block in them. Its parts are variables, so that a
// counterexample can put something wrong in the place of one.
type helpers struct {
	door    *server.Door
	tasks   chan task
	results chan done
	threads sync.WaitGroup
	buffers map[int][]byte

	leave   func(task)              // leaves a task to a helper
	perform func(task) done         // what a helper does
	finish  func(done) (done, bool) // what the proactor does when it is told; false: it is not over
	gone    func(fd int)            // a connection is about to be closed
	end     func()                  // undoes what the counterexample has added
}

// A task is an operation that waits for a helper.
type task struct {
	op operation
	fd int
	p  []byte
}

// hands is how many helpers there are: more than there are clients in an exercise.
const hands = 48

// emulates runs a Proactor with helper threads, spoilt.
func emulates(spoil func(*helpers)) func(*server.Door) (processor, error) {
	return func(door *server.Door) (processor, error) {
		h := &helpers{door: door, tasks: make(chan task, 1<<16), results: make(chan done, 1<<16), buffers: map[int][]byte{}}
		h.leave, h.perform = func(t task) { h.tasks <- t }, perform
		h.finish = func(d done) (done, bool) { return d, true }
		h.gone, h.end = func(int) {}, func() {}
		if err := blocks(door.Listener); err != nil {
			return nil, err
		}
		spoil(h)
		for range hands {
			h.help(h.tasks)
		}
		h.threads.Go(func() {
			runtime.LockOSThread()
			pollOne(door.Stop, unix.POLLIN)
			h.results <- done{op: told}
		})
		return h, nil
	}
}

// help starts a helper, which takes tasks until there will be none.
func (h *helpers) help(tasks <-chan task) {
	h.threads.Go(func() {
		runtime.LockOSThread()
		for t := range tasks {
			h.results <- h.perform(t)
		}
	})
}

// perform makes the call, and blocks in it.
func perform(t task) done {
	d := done{op: t.op, fd: t.fd}
	var err error
	for again := true; again; again = err == unix.EINTR {
		switch t.op {
		case accepted:
			d.n, _, err = unix.Accept4(t.fd, unix.SOCK_CLOEXEC)
		case received:
			d.n, err = unix.Read(t.fd, t.p)
			d.data = t.p[:max(0, d.n)]
		case sent:
			d.n, err = unix.SendmsgN(t.fd, t.p, nil, nil, unix.MSG_NOSIGNAL)
		}
	}
	d.err, _ = err.(unix.Errno)
	return d
}

// pollOne blocks until the descriptor is ready.
func pollOne(fd int, events uint32) {
	for {
		if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: int16(events)}}, -1); n > 0 || err != unix.EINTR {
			return
		}
	}
}

func (h *helpers) accept(listener int) { h.leave(task{accepted, listener, nil}) }

func (h *helpers) receive(fd int) {
	if h.buffers[fd] == nil {
		h.buffers[fd] = make([]byte, receiveSize)
	}
	h.leave(task{received, fd, h.buffers[fd]})
}

func (h *helpers) send(fd int, p []byte) { h.leave(task{sent, fd, p}) }

func (h *helpers) wait() (all []done, err error) {
	for d := <-h.results; ; d = <-h.results {
		if d.op == told {
			all = append(all, d)
		} else if d, over := h.finish(d); over {
			all = append(all, d)
		}
		if len(h.results) == 0 && len(all) > 0 {
			return all, nil
		}
	}
}

func (h *helpers) forget(fd int) {
	h.gone(fd)
	delete(h.buffers, fd)
}

func (h *helpers) close() {
	ring(h.door.Stop)
	h.end()
	close(h.tasks)
	h.threads.Wait()
}
