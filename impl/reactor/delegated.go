//go:build linux

package reactor

import "github.com/iospec/iospec/impl/server"

// delegated is Work that others do. The reactor's thread makes a Task of what was received, and gives it away; the
// Handler sends the reply when the task is finished. Each connection has one task at a time.
type delegated struct {
	handler *Handler
	give    func(*server.Task) // to the workers
	spare   []*server.Task     // to be used again
	memory  int                // bytes that the spare ones take
}

// memoryKept is how many bytes of buffers are kept for later tasks.
const memoryKept = 1 << 20

// newDelegatingHandler makes a handler that only receives and sends. What was received is given to workers; when they
// are done, it is to be told by Finish.
func newDelegatingHandler(r *Reactor, door *server.Door, give func(*server.Task)) (*Handler, *delegated) {
	h := NewHandler(r, door)
	d := &delegated{handler: h, give: give}
	h.work = d
	r.finally = h.hush
	return h, d
}

// Answer implements Work.
func (d *delegated) Answer(c *server.Conn) server.Want {
	t := d.task()
	return d.out(t, c.Assign(d.handler.desk, t))
}

// Resume implements Work.
func (d *delegated) Resume(c *server.Conn) server.Want {
	t := d.task()
	return d.out(t, c.Reassign(d.handler.desk, t))
}

// out gives the task to the workers, if there is anything to be done.
func (d *delegated) out(t *server.Task, want server.Want) server.Want {
	if want == server.Working {
		d.give(t)
	} else {
		d.keep(t)
	}
	return want
}

// Finish sends what a task came to. If the handler has more to say, that is the next task: behind all the others, so
// that a long reply does not keep the workers from them.
func (d *delegated) Finish(t *server.Task) {
	c := t.Conn
	want := t.Finish(d.handler.desk)
	d.keep(t)
	if want == server.Again {
		want = d.Resume(c)
	}
	d.handler.Settle(c, want)
}

// Lose ends the connection of a task that will never be finished.
func (d *delegated) Lose(t *server.Task) { d.handler.Close(t.Conn) }

// task makes a task, mostly of an old one.
func (d *delegated) task() *server.Task {
	last := len(d.spare) - 1
	if last < 0 {
		return new(server.Task)
	}
	t := d.spare[last]
	d.spare = d.spare[:last]
	d.memory -= t.Memory()
	return t
}

// keep puts a task by to be used again, with its buffers unless there are enough of them.
func (d *delegated) keep(t *server.Task) {
	if d.memory+t.Memory() > memoryKept {
		t.Trim()
	}
	d.memory += t.Memory()
	d.spare = append(d.spare, t)
}
