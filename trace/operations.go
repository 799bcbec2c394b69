package trace

import (
	"cmp"
	"slices"
	"strconv"
)

// Operation is one that was handed to io_uring: the entry that was submitted, and what it came to.
type Operation struct {
	SQE
	Ring        Object
	Submitted   *Call        // the io_uring_enter that handed it over
	Completions []Completion // several if it goes on by itself (multishot), or none
	Over        bool         // no other completion follows
}

// Completion is one completion entry. It came between the return of the io_uring_enter before, or its submission if that
// was later, and the return of the one at which it was seen. The server may have found it earlier than that, in its memory.
type Completion struct {
	CQE
	Of    *Operation // nil: its submission was not seen
	After Time
	Seen  *Call
}

// Flags of completions (include/uapi/linux/io_uring.h).
const (
	CompletionMore   uint32 = 1 << 1 // the operation goes on
	CompletionNotice uint32 = 1 << 3 // the buffer of a zero-copy send is free; Result is no number of bytes
)

// ChooseBuffer in SQE.Flags has the kernel choose the buffer, out of those that were given to it beforehand.
const ChooseBuffer uint32 = 1 << 5

// Operations lists what was handed to io_uring, on whatever descriptor, in the order in which it was submitted.
func (r *Recording) Operations() []*Operation { return r.indexed().operations }

// Completed lists the completions that were there when the call returned.
func (r *Recording) Completed(c *Call) []Completion { return r.indexed().completed[c] }

// submittedAs is what a completion is matched by: the ring, and what the server had written into the entry. Servers use a
// value again when its operation is over; while several have the same, the oldest is meant.
type submittedAs struct {
	ring Object
	data uint64
}

// findOperations matches completions to submissions. Submissions count from the enter stop, completions from the exit
// stop, so that several threads may enter the same ring.
func (x *index) findOperations(r *Recording) {
	pending, returned := map[submittedAs][]*Operation{}, map[Object]Time{}
	for _, h := range ringStops(r) {
		if h.at == h.call.Enter {
			for _, e := range h.call.Ring.Submitted {
				op := &Operation{SQE: e, Ring: h.call.Object, Submitted: h.call}
				as := submittedAs{op.Ring, e.Data}
				pending[as] = append(pending[as], op)
				x.operations = append(x.operations, op)
			}
			continue
		}
		for _, e := range h.call.Ring.Completed {
			as := submittedAs{h.call.Object, e.Data}
			done := Completion{CQE: e, Seen: h.call, After: returned[h.call.Object]}
			if waiting := pending[as]; len(waiting) > 0 {
				done.Of = waiting[0]
				done.After = max(done.After, done.Of.Submitted.Enter)
				done.Of.Completions = append(done.Of.Completions, done)
				if e.Flags&CompletionMore == 0 {
					done.Of.Over, pending[as] = true, waiting[1:]
				}
			}
			x.completed[h.call] = append(x.completed[h.call], done)
		}
		returned[h.call.Object] = h.at
	}
}

// ringStops lists both stops of every io_uring_enter in the order of time. A call that never returned has only its
// beginning.
func ringStops(r *Recording) []happening {
	var hs []happening
	for _, c := range r.Calls {
		if c.Ring == nil {
			continue
		}
		hs = append(hs, happening{at: c.Enter, call: c})
		if c.Exit > c.Enter {
			hs = append(hs, happening{at: c.Exit, call: c})
		}
	}
	slices.SortStableFunc(hs, func(a, b happening) int { return cmp.Compare(a.at, b.at) })
	return hs
}

// submits says what a call hands to io_uring: "RECV c1, SEND c2".
func (r *Recording) submits(c *Call) string {
	var names []string
	for _, e := range c.Ring.Submitted {
		name := e.Op
		if e.FD >= 0 && !e.Fixed {
			name += " " + r.short(e.FD, e.Object)
		}
		names = append(names, name)
	}
	return enough(names)
}

// completes says what had completed when the call returned, and what it came to: "RECV c1 26, SEND c2 -32".
func (r *Recording) completes(c *Call) string {
	var names []string
	for _, done := range r.Completed(c) {
		result := strconv.Itoa(int(done.Result))
		if op := done.Of; op != nil && op.FD >= 0 && !op.Fixed {
			result = op.Op + " " + r.short(op.FD, op.Object) + " " + result
		} else if op != nil {
			result = op.Op + " " + result
		}
		names = append(names, result)
	}
	if len(names) == 0 {
		return "nothing"
	}
	return enough(names)
}
