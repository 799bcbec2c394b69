package tracetest

import (
	"hash/crc32"

	"github.com/iospec/iospec/trace"
)

// Ring sets up io_uring.
func (t *Thread) Ring() trace.Object {
	s := t.Story
	s.rings++
	fd := t.nextFD
	t.nextFD++
	o := trace.Object("ring:" + string(rune('0'+s.rings)))
	t.Call("io_uring_setup", func(c *trace.Call) { c.Result, c.Made = int64(fd), []trace.FD{{FD: fd, Object: o}} })
	return o
}

// Start is an operation that is submitted: what it is, by the kernel's name, and on what, a *Client or the Listener. It
// has a buffer, whatever it is, unless Bare says that it has not.
type Start struct {
	Op   string
	On   any
	Bare bool
}

// Done is a completion: of which operation, and what it came to. More says that the operation goes on. Brings is the
// client that an ACCEPT took in; the result is then its descriptor.
type Done struct {
	Op     string
	On     any
	Result int32
	More   bool
	Brings *Client
}

// Meanwhile is what happens elsewhere while a thread is in io_uring_enter.
type Meanwhile func()

// Turn is one io_uring_enter, which submits and waits: its arguments are what it submits (Start), what happens Meanwhile,
// and what has completed when it returns (Done).
func (t *Thread) Turn(ring trace.Object, what ...any) *Thread {
	c := t.Enter("io_uring_enter", func(c *trace.Call) { c.Object, c.NFDs, c.Ring = ring, 1, &trace.Ring{} })
	var brought []*Client
	for _, w := range what {
		switch w := w.(type) {
		case Start:
			c.Ring.Submitted = append(c.Ring.Submitted, t.submission(w))
		case Meanwhile:
			w()
		case Done:
			if w.Brings != nil {
				brought = append(brought, w.Brings)
			}
			c.Ring.Completed = append(c.Ring.Completed, t.completion(w))
		}
	}
	c.Want, c.Result = int64(len(c.Ring.Submitted)), int64(len(c.Ring.Submitted))
	t.Return(c)
	for _, client := range brought {
		client.socket()
	}
	return t
}

func (t *Thread) submission(s Start) trace.SQE {
	p := t.ready(s.On)
	e := trace.SQE{Op: s.Op, FD: p.FD, Object: p.Object, Data: tag(s.Op, p.FD), Flags: trace.ChooseBuffer}
	if s.Bare {
		e.Flags = 0
	}
	return e
}

func (t *Thread) completion(d Done) trace.CQE {
	if d.Brings != nil {
		d.Brings.fds[t.PID] = t.nextFD
		d.Result = int32(t.nextFD)
		t.nextFD++
	}
	e := trace.CQE{Data: tag(d.Op, t.ready(d.On).FD), Result: d.Result}
	if d.More {
		e.Flags = trace.CompletionMore
	}
	return e
}

// tag is what comes back with a completion.
func tag(op string, fd int) uint64 {
	return uint64(crc32.ChecksumIEEE([]byte(op)))<<32 | uint64(uint32(fd))
}
