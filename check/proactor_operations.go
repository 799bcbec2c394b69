package check

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/trace"
)

// An operation on a client, or on the listener, is performed by somebody else than who wants it done: by the kernel, to
// which it was submitted (io_uring), or by a helper thread, which blocks in the call meanwhile. A call that does not block
// is no operation: who makes it does the thing itself, there and then.
type operation struct {
	does  job
	on    trace.Object
	begun *trace.Call      // the io_uring_enter that submitted it, or the helper's call
	entry *trace.Operation // nil: a helper's
}

// job is what an operation does.
type job string

const (
	accepts  job = "accept"
	receives job = "receive"
	sends    job = "send"
	polls    job = "poll" // waits for readiness and does nothing
)

// jobs tells what the operations of io_uring do, as far as sockets are concerned.
var jobs = map[string]job{
	"ACCEPT": accepts, "POLL_ADD": polls,
	"RECV": receives, "RECVMSG": receives, "READ": receives, "READV": receives, "READ_FIXED": receives, "READV_FIXED": receives,
	"READ_MULTISHOT": receives, "RECV_ZC": receives,
	"SEND": sends, "SENDMSG": sends, "WRITE": sends, "WRITEV": sends, "WRITE_FIXED": sends, "WRITEV_FIXED": sends,
	"SEND_ZC": sends, "SENDMSG_ZC": sends, "SPLICE": sends,
}

// outcome is what an operation came to: bytes, or a new descriptor, or something negative. It came after a time, and not
// after the call had returned at which it was seen. Of a helper's operation that is the same.
type outcome struct {
	after  trace.Time
	seen   *trace.Call
	result int64
}

// within reports whether the outcome may have come between the request and its answer.
func (o outcome) within(x exchange) bool { return o.after <= x.Answered && o.seen.Exit > x.Sent }

// outcomes lists what the operation came to: several of one that goes on, none as long as it is under way.
func (o *operation) outcomes() []outcome {
	if o.entry == nil {
		if o.begun.Exit == 0 {
			return nil
		}
		return []outcome{{o.begun.Exit, o.begun, o.begun.Result}}
	}
	var all []outcome
	for _, done := range o.entry.Completions {
		if done.Flags&trace.CompletionNotice == 0 {
			all = append(all, outcome{done.After, done.Seen, int64(done.Result)})
		}
	}
	return all
}

// underWay reports whether the operation had begun by then, and was not over.
func (o *operation) underWay(at trace.Time) bool {
	if o.begun.Enter >= at {
		return false
	}
	if o.entry == nil {
		return o.begun.Exit == 0 || o.begun.Exit >= at
	}
	n := len(o.entry.Completions)
	return !o.entry.Over || o.entry.Completions[n-1].Seen.Exit >= at
}

// hasBuffer reports whether the operation was told where the bytes are, or are to go.
func (o *operation) hasBuffer() bool {
	if o.entry == nil {
		return o.begun.Want > 0
	}
	return o.entry.Addr != 0 || o.entry.Flags&trace.ChooseBuffer != 0
}

// performer is the helper thread, or 0 for the kernel.
func (o *operation) performer() int {
	if o.entry == nil {
		return o.begun.TID
	}
	return 0
}

// operations are those on clients and listeners that began before the server was told to stop, by their beginning.
type operations struct {
	all []*operation
	of  map[trace.Object][]*operation
}

func operationsOf(rec *trace.Recording) operations {
	ops := operations{of: map[trace.Object][]*operation{}}
	end := stopped(rec)
	add := func(o *operation) {
		if o.does != "" && o.begun.Enter < end && (rec.Connection(o.on) != nil || rec.Listens(o.on)) {
			ops.all = append(ops.all, o)
			ops.of[o.on] = append(ops.of[o.on], o)
		}
	}
	for _, entry := range rec.Operations() {
		add(&operation{jobs[entry.Op], entry.Object, entry.Submitted, entry})
	}
	for _, c := range rec.Calls {
		if !c.Nonblock {
			add(&operation{jobOf(c), c.Object, c, nil})
		}
	}
	earlier := func(a, b *operation) int {
		return cmp.Or(cmp.Compare(a.begun.Enter, b.begun.Enter), cmp.Compare(a.begun.Seq, b.begun.Seq))
	}
	slices.SortStableFunc(ops.all, earlier)
	for _, of := range ops.of {
		slices.SortStableFunc(of, earlier)
	}
	return ops
}

// jobOf tells what a call does to a connection or a listener; "" for a call that moves nothing.
func jobOf(c *trace.Call) job {
	switch {
	case c.Family == trace.FamilyAccept:
		return accepts
	case isRead(c):
		return receives
	case isWrite(c):
		return sends
	}
	return ""
}

// that lists the operations that do this.
func (ops operations) that(does job) []*operation {
	return slices.DeleteFunc(slices.Clone(ops.all), func(o *operation) bool { return o.does != does })
}

// calls lists the calls by which the operations began.
func calls(ops []*operation) []*trace.Call {
	var cs []*trace.Call
	for _, o := range ops {
		cs = append(cs, o.begun)
	}
	return cs
}

// ownCalls lists the calls that accept, read or write for a client before the server was told to stop. Blocking ones are
// a helper's operations; they are left out unless all are asked for.
func ownCalls(rec *trace.Recording, all bool) []*trace.Call {
	end := stopped(rec)
	var own []*trace.Call
	for _, c := range rec.Calls {
		if jobOf(c) != "" && c.Enter < end && (all || c.Nonblock) && (rec.Connection(c.Object) != nil || rec.Listens(c.Object)) {
			own = append(own, c)
		}
	}
	return own
}

// asksReadiness lists calls by which the server asks when a client or the listener is ready: waits, and submissions of
// POLL_ADD.
func asksReadiness(rec *trace.Recording) []*trace.Call {
	var asks []*trace.Call
	for _, s := range rec.WaitSets() {
		for o := range covered(s) {
			if rec.Connection(o) == nil && !rec.Listens(o) {
				continue
			}
			for _, w := range first(s.Waits, 3) {
				asks = append(asks, w.Call)
			}
			break
		}
	}
	return append(asks, calls(operationsOf(rec).that(polls))...)
}

// exchange is a request that was answered, on its connection.
type exchange struct {
	*trace.Connection
	trace.Exchange
	first bool // on that connection
}

// answered lists the requests of the tester's that were answered.
func answered(rec *trace.Recording) []exchange {
	var all []exchange
	for _, c := range rec.Connections() {
		if c.Client == nil {
			continue
		}
		for i, x := range c.Client.Exchanges {
			if x.Answered != 0 {
				all = append(all, exchange{c, x, i == 0})
			}
		}
	}
	return all
}

// within reports whether the time lies between the request and its answer.
func (x exchange) within(at trace.Time) bool { return x.Sent < at && at <= x.Answered }
