//go:build linux

package counterexamples

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A helper is a thread that works for a loop: it is given a task, and rings when it is done. It touches no client.
type helper struct {
	bell       int // eventfd
	work, done chan *server.Task
}

// delegate has the work of a loop done by a helper, with nothing wrong about it.
func delegate(l *loop) {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		l.door.Logf("the loop works itself: %v", os.NewSyscallError("eventfd2", err))
		return
	}
	h := &helper{bell, make(chan *server.Task, 1<<16), make(chan *server.Task, 1<<16)}
	go h.run()
	l.readReady = func(c *server.Conn) {
		if l.receive(c, l.desk) {
			task := new(server.Task)
			h.assign(l, task, c, c.Assign(l.desk, task))
		}
	}
	l.writeReady = func(c *server.Conn) {
		task := new(server.Task)
		h.assign(l, task, c, c.Reassign(l.desk, task))
	}
	handle := l.handle
	l.handle = func(ready []*server.Conn) { handle(h.withoutBusy(l, ready)) }
	l.others[bell] = func() { h.collect(l) }
	after := l.end
	l.end = func() {
		close(h.work)
		for range h.done { // until the helper ends
		}
		server.CloseFD(bell)
		after()
	}
}

func (h *helper) run() {
	runtime.LockOSThread()
	room := make([]byte, server.BufferSize)
	for task := range h.work {
		task.Do(room)
		h.done <- task
		ring(h.bell)
	}
	close(h.done)
}

// assign gives the task to the helper, if there is one to do.
func (h *helper) assign(l *loop, task *server.Task, c *server.Conn, want server.Want) {
	if want != server.Working {
		l.settle(c, want)
		return
	}
	c.Want = server.Working
	h.work <- task
}

// withoutBusy leaves out those that the helper is at, and no longer watches them: what they have sent is theirs to keep
// until the helper is done.
func (h *helper) withoutBusy(l *loop, ready []*server.Conn) (idle []*server.Conn) {
	for _, c := range ready {
		if c.Want != server.Working {
			idle = append(idle, c)
			continue
		}
		l.set.forget(int(c.FD))
		c.Unread = true
	}
	return idle
}

// collect finishes what the helper has done. The bell is silenced first: what is done meanwhile rings it again.
func (h *helper) collect(l *loop) {
	_, _ = unix.Read(h.bell, make([]byte, 8))
	for range len(h.done) {
		task := <-h.done
		c := task.Conn
		want := task.Finish(l.desk)
		if want == server.Again {
			h.assign(l, task, c, c.Reassign(l.desk, task))
			continue
		}
		c.Want = server.Readable
		if c.Unread {
			c.Unread = false
			_ = l.set.watch(int(c.FD)) // it was in the set before, so there is room for it
		}
		l.settle(c, want)
	}
}
