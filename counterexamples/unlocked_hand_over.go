//go:build linux

package counterexamples

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var unlockedHandOver = Server{
	Name:    "counterexample/unlocked-hand-over",
	Traits:  []string{"single-reactor-threads"}, // what else it may break depends on what it loses
	Breaks:  []string{"workers.mutex-guards"},
	Mistake: "requests are handed over to the workers through a list that is locked only while it is short",
	Load:    "more than a hundred requests that wait, and workers who come for them at the same time",
	Serve: func(ctx context.Context, cfg server.Config) error {
		var failed error
		err := serve(ctx, cfg, levelEpoll, func(l *loop) { failed = employ(l) })
		if failed != nil {
			return failed
		}
		return err
	},
}

// An errand is what a worker needs to know of a task, and brings back. It is the worker's own copy: so what is done
// twice spoils the answers, and not the memory.
type errand struct {
	fd      int
	task    *server.Task
	handler server.Handler
	in      []byte
}

type result struct {
	errand *errand
	step   server.Step
}

// staff is the workers of a loop: errands go out through a careless list, and results come back through a sound one.
type staff struct {
	*loop
	errands *careless[errand]
	bell    int
	mu      sync.Mutex
	results []result
}

// employ has workers do the work of a loop.
func employ(l *loop) error {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return err
	}
	s := &staff{loop: l, errands: newCareless[errand](), bell: bell}
	if err := l.set.watch(bell); err != nil {
		return err
	}
	l.set = &staffed{set: l.set, staff: s}
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(s.work)
	}
	l.end = func() {
		s.errands.end()
		workers.Wait()
		server.CloseFD(bell)
	}
	l.readReady = func(c *server.Conn) {
		if l.receive(c, l.desk) {
			s.send(c, (*server.Conn).Assign)
		}
	}
	l.writeReady = func(c *server.Conn) {
		if c.Want == server.Working { // it has more to say, and must wait
			c.Unread = true
			l.set.forget(int(c.FD))
			return
		}
		s.send(c, (*server.Conn).Reassign)
	}
	return nil
}

// send makes a task of what was received, and gives it to the workers.
func (s *staff) send(c *server.Conn, assign func(*server.Conn, *server.Desk, *server.Task) server.Want) {
	t := new(server.Task)
	if want := assign(c, s.desk, t); want != server.Working {
		s.settle(c, want)
		return
	}
	c.Want = server.Working
	s.errands.put(&errand{int(c.FD), t, t.Handler, t.In})
}

// work is the life of a worker.
func (s *staff) work() {
	runtime.LockOSThread()
	room := make([]byte, server.BufferSize)
	for e := s.errands.take(); e != nil; e = s.errands.take() {
		step := e.handler.Handle(e.in, room)
		step.Out = bytes.Clone(step.Out)
		s.mu.Lock()
		s.results = append(s.results, result{e, step})
		s.mu.Unlock()
		ring(s.bell)
	}
}

// deliver sends what has come back. What comes back a second time is sent a second time.
func (s *staff) deliver() {
	_, _ = unix.Read(s.bell, make([]byte, 8))
	s.mu.Lock()
	results := s.results
	s.results = nil
	s.mu.Unlock()
	for _, r := range results {
		t, c := r.errand.task, r.errand.task.Conn
		if c == nil {
			_, _ = unix.Write(r.errand.fd, r.step.Out)
			continue
		}
		t.Step = r.step
		want := t.Finish(s.desk)
		c.Want = server.Readable
		if c.Unread && want != server.Gone {
			c.Unread = false
			_ = s.set.watch(int(c.FD)) // it was watched before
		}
		if want == server.Again {
			s.send(c, (*server.Conn).Reassign)
			continue
		}
		s.settle(c, want)
	}
}

// staffed is a set in which the workers' bell is as well. Results are delivered between two waits, so that no event is
// left over for a connection that they end.
type staffed struct {
	set
	staff *staff
	rung  bool
}

func (s *staffed) wait() (ready []event, err error) {
	if s.rung {
		s.staff.deliver()
	}
	ready, err = s.set.wait()
	s.rung = slices.ContainsFunc(ready, func(e event) bool { return e.fd == s.staff.bell })
	return slices.DeleteFunc(ready, func(e event) bool { return e.fd == s.staff.bell }), err
}
