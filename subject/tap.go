//go:build linux

package subject

import (
	"sync"
	"sync/atomic"

	"github.com/iospec/iospec/trace"
)

// tap stands between the tracer and the sink. It keeps the recording whole: the header waits until the address is known
// that belongs into it, and the end waits until the clients have been recorded, also when the server dies under them.
// And it knows how many connections the server found ready at once, which the clients bring about but cannot see.
type tap struct {
	sink  trace.Sink
	ready atomic.Int64 // most events that one wait returned since it was last set to 0
	doors sync.Map     // the processes that accepted somebody

	mu      sync.Mutex
	waiting bool           // for the address
	held    []trace.Record // until then
	end     *trace.Record
}

// Put passes the record on, or keeps it for later.
func (t *tap) Put(r trace.Record) error {
	if r.Call != nil {
		if n := int64(events(r.Call)); n > t.ready.Load() {
			t.ready.Store(n) // two waits at once may lose the larger: then another round is made
		}
		if r.Call.Family == trace.FamilyAccept && len(r.Call.Made) > 0 {
			t.doors.Store(r.Call.PID, true)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case r.End != nil:
		t.end = &r
		return nil
	case t.waiting:
		t.held = append(t.held, r)
		return nil
	}
	return t.sink.Put(r)
}

// open passes on what was held, with the address in the header.
func (t *tap) open(address string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = false
	for _, r := range t.held {
		if r.Header != nil && r.Header.Address == "" {
			header := *r.Header
			header.Address = address
			r.Header = &header
		}
		if err := t.sink.Put(r); err != nil {
			return err
		}
	}
	t.held = nil
	return nil
}

// finish passes on the end, if the tracer has given one. The zombies in it are those that the subject counted: the tracer
// cannot tell a child that the server has not reaped from an orphan that has fallen to us.
func (t *tap) finish(zombies int) error {
	if err := t.open(""); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end == nil {
		return nil
	}
	end := *t.end.End
	end.Zombies = zombies
	t.end = nil
	return t.sink.Put(trace.Record{End: &end})
}

// accepting counts the processes that have accepted somebody.
func (t *tap) accepting() (n int) {
	t.doors.Range(func(any, any) bool { n++; return true })
	return n
}

// events counts what a wait returned.
func events(c *trace.Call) int {
	n := len(c.Ready)
	for _, p := range c.Polls {
		if p.Revents != 0 {
			n++
		}
	}
	if c.Ring != nil {
		n += len(c.Ring.Completed)
	}
	return n
}
