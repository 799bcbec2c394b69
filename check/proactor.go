package check

import (
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// Setup flags of io_uring that tell when the kernel works completions off.
const (
	setupPolled   = 1 << 1  // IORING_SETUP_SQPOLL: a kernel thread submits and completes
	setupDeferred = 1 << 13 // IORING_SETUP_DEFER_TASKRUN: inside the server's own io_uring_enter
)

// IsAsync: the server starts operations on its clients, the kernel performs them, and the server is told what they came
// to. It neither asks when a client is ready, nor accepts, reads or writes by a call of its own.
func IsAsync(rec *trace.Recording) Finding {
	j := judge{rec,
		"operations on clients submitted to the kernel, and no call that accepts, reads, writes or asks for readiness",
		"accept, receive and send submitted in the place of these calls"}
	if len(rec.Connections()) == 0 {
		return j.unclear("the server had none of the tester's connections")
	}
	if asks := asksReadiness(rec); len(asks) > 0 {
		return j.fail(first(asks, 6), "%s by which the server asks when a client is ready", plural(len(asks), "call"))
	}
	if own := ownCalls(rec, true); len(own) > 0 {
		return j.fail(first(own, 6), "%s that accept, read or write, by %s", plural(len(own), "call"), threadList(callers(own)))
	}
	ops := operationsOf(rec)
	if len(ops.that(receives)) == 0 || len(ops.that(sends)) == 0 {
		return j.unclear("no operation that receives from a client, or none that sends, was seen")
	}
	return j.pass(j.oneAnswer(ops), "%s submitted in %s, and no other call on a client; %s",
		plural(len(ops.all), "operation"), plural(len(callers(calls(ops.all))), "thread"), filledWhen(rec))
}

// callers lists the threads of calls.
func callers(cs []*trace.Call) []int {
	tids := map[int]bool{}
	for _, c := range cs {
		tids[c.TID] = true
	}
	return slices.Sorted(maps.Keys(tids))
}

// oneAnswer shows the calls in which one request was received and answered.
func (j judge) oneAnswer(ops operations) []*trace.Call {
	for _, x := range answered(j.Recording) {
		got := ops.received(x)
		sent := ops.begun(sends, x)
		if got != nil && sent != nil {
			return []*trace.Call{got.of.begun, got.seen, sent.begun, lastSeen(sent)}
		}
	}
	return nil
}

// lastSeen is the call at whose return the last outcome was there, or nil.
func lastSeen(o *operation) *trace.Call {
	if all := o.outcomes(); len(all) > 0 {
		return all[len(all)-1].seen
	}
	return nil
}

// filledWhen says when the kernel fills the buffers, which depends on how the ring was set up.
func filledWhen(rec *trace.Recording) string {
	for _, c := range rec.Calls {
		switch {
		case c.Name != "io_uring_setup":
		case c.Flags&setupPolled != 0:
			return "a kernel thread fills the buffers (SQPOLL)"
		case c.Flags&setupDeferred != 0:
			return "the buffers are filled inside the server's own io_uring_enter (DEFER_TASKRUN)"
		default:
			return "the buffers are filled whenever the thread passes through the kernel (the default)"
		}
	}
	return "how the ring was set up was not seen"
}

// delivery is a receive that brought bytes.
type delivery struct {
	of *operation
	outcome
}

// received finds the delivery that came between the request and its answer, the last if there are several.
func (ops operations) received(x exchange) *delivery {
	var found *delivery
	for _, o := range ops.of[x.Object] {
		if o.does != receives {
			continue
		}
		for _, out := range o.outcomes() {
			if out.result > 0 && out.within(x) {
				found = &delivery{o, out}
			}
		}
	}
	return found
}

// begun finds an operation that began between the request and its answer.
func (ops operations) begun(does job, x exchange) *operation {
	for _, o := range slices.Backward(ops.of[x.Object]) {
		if o.does == does && x.within(o.begun.Enter) {
			return o
		}
	}
	return nil
}

// HelpersBlock: in an emulated Proactor the calls are as synchronous as ever, but helper threads make them, and block.
// Nobody asks when a client is ready.
func HelpersBlock(rec *trace.Recording) Finding {
	j := judge{rec,
		"several threads that block in accept, read and write for others, and nobody who asks for readiness",
		"calls that block, by helper threads"}
	if len(rec.Connections()) == 0 {
		return j.unclear("the server had none of the tester's connections")
	}
	if asks := asksReadiness(rec); len(asks) > 0 {
		return j.fail(first(asks, 6), "%s by which the server asks when a client is ready", plural(len(asks), "call"))
	}
	ops, own := operationsOf(rec), ownCalls(rec, false)
	helpers := map[int]bool{}
	for _, o := range ops.all {
		if o.entry != nil {
			return j.fail([]*trace.Call{o.begun}, "the kernel performs operations, as it was told in io_uring_enter")
		}
		helpers[o.performer()] = true
	}
	switch {
	case len(own) >= tolerated && len(own)*10 >= len(ops.all):
		return j.fail(first(own, 6), "%s that do not block, by %s, and %s that do", plural(len(own), "call"), threadList(callers(own)), plural(len(ops.all), "other"))
	case len(ops.that(receives)) == 0:
		return j.unclear("nobody read from a client")
	case len(helpers) == 1:
		return j.fail(first(calls(ops.all), 4), "one thread alone makes all calls, and while it blocks for one client the others wait")
	}
	return j.pass(j.oneAnswer(ops), "%s by %s, each of which blocks", plural(len(ops.all), "call"), plural(len(helpers), "helper thread"))
}

// BufferGivenFirst: the buffer is passed when the operation is started. So it is there before the request is: when a
// client sends, a receive with a buffer is under way; and it is so when nobody sends, on each connection that is open.
//
// The first request of a client often comes with the connection, and is not asked about. Of the others one in ten is
// enough, as long as connections at rest have theirs: a client may be quicker than the server, which has just answered it.
func BufferGivenFirst(rec *trace.Recording) Finding {
	j := judge{rec, "a receive under way, with its buffer, before a client sends", "receives that are started before the client sends"}
	ops := operationsOf(rec)
	var early, late int
	var shown, missing []*trace.Call
	for _, x := range answered(rec) {
		if x.first {
			continue
		}
		if ops.waiting(receives, x.Object, x.Sent) {
			early++
			if got := ops.received(x); got != nil && len(shown) == 0 {
				shown = []*trace.Call{got.of.begun, got.seen}
			}
			continue
		}
		late++
		if late <= 3 {
			missing = append(missing, j.during(x)...)
		}
	}
	resting, bare := ops.resting(rec)
	switch {
	case early+late < enoughRequests:
		return j.unclear("%s after the first of a client; it takes %d", plural(early+late, "request"), enoughRequests)
	case bare > resting:
		return j.fail(missing, "with nothing to do, %d of %s have no receive under way; nor had %d of %s, when they came", bare, plural(resting+bare, "connection"), late, plural(early+late, "request"))
	case early*10 < late, resting == 0 && early < late:
		return j.fail(missing, "%d of %s found no receive under way", late, plural(early+late, "request"))
	}
	return j.pass(shown, "%d of %s found a receive under way, and its buffer; at rest %d of %s have one",
		early, plural(early+late, "request"), resting, plural(resting+bare, "connection"))
}

// resting counts the connections of clients who are there in the quiet phase and do nothing: those on which a receive is
// under way, and those without.
func (ops operations) resting(rec *trace.Recording) (with, without int) {
	_, until, ok := quiet(rec)
	if !ok {
		return 0, 0
	}
	for _, c := range rec.Connections() {
		switch {
		case c.Client == nil, c.Client.Opened >= until, c.Client.Closed != 0 && c.Client.Closed < until:
		case ops.waiting(receives, c.Object, until):
			with++
		default:
			without++
		}
	}
	return with, without
}

// enoughRequests is how many requests it takes to tell a server's way from chance.
const enoughRequests = 5

// waiting reports whether an operation on the object was under way then, with its buffer if it needs one.
func (ops operations) waiting(does job, on trace.Object, at trace.Time) bool {
	return slices.ContainsFunc(ops.of[on], func(o *operation) bool {
		return o.does == does && o.underWay(at) && (does == accepts || o.hasBuffer())
	})
}

// during shows what the server did about a request, as far as it made calls.
func (j judge) during(x exchange) []*trace.Call {
	var cs []*trace.Call
	for _, c := range x.Calls {
		if jobOf(c) != "" && x.within(c.Enter) {
			cs = append(cs, c)
		}
	}
	for _, o := range operationsOf(j.Recording).of[x.Object] {
		if o.entry != nil && x.within(o.begun.Enter) {
			cs = append(cs, o.begun)
		}
	}
	return first(cs, 3)
}

// KernelMovesData: every byte that a client sent and got was moved by an operation of the kernel's. The operations say how
// many, and the client knows; the server makes no call that copies any.
func KernelMovesData(rec *trace.Recording) Finding {
	j := judge{rec, "all bytes of clients moved by operations of the kernel", "receives and sends that account for every byte, and no read or write"}
	ops, end := operationsOf(rec), stopped(rec)
	var in, out int64
	n := 0
	for _, c := range rec.Connections() {
		asked, got := volume(c)
		if asked == 0 {
			continue
		}
		for _, call := range c.Calls {
			if isIO(call) && call.Enter < end {
				return j.fail([]*trace.Call{call}, "a call moves bytes of %s", c.Name)
			}
		}
		received, sent := ops.moved(receives, c.Object), ops.moved(sends, c.Object)
		switch {
		case received >= asked && sent >= got:
			n, in, out = n+1, in+received, out+sent
		case rec.End == nil || rec.End.Lost > 0:
			return j.unclear("operations on %s were missed by the observer", c.Name)
		default:
			return j.fail(append(first(calls(ops.of[c.Object]), 4), first(c.Calls, 2)...),
				"%s sent %d bytes and got %d, of which operations moved %d and %d", c.Name, asked, got, received, sent)
		}
	}
	if n == 0 {
		return j.unclear("no request was answered")
	}
	return j.pass(j.oneAnswer(ops), "%d bytes in and %d out, of %s, all by operations of the kernel", in, out, plural(n, "connection"))
}

// volume is how many bytes a client sent and got, in exchanges that were completed.
func volume(c *trace.Connection) (asked, got int64) {
	if c.Client == nil {
		return 0, 0
	}
	for _, x := range c.Client.Exchanges {
		if x.Answered != 0 {
			asked, got = asked+x.Out, got+x.In
		}
	}
	return asked, got
}

// moved is how many bytes operations on the object moved.
func (ops operations) moved(does job, on trace.Object) (bytes int64) {
	for _, o := range ops.of[on] {
		if o.does == does {
			for _, out := range o.outcomes() {
				bytes += max(0, out.result)
			}
		}
	}
	return bytes
}

// Proactor: the kernel performs the operations on clients, all of them.
func Proactor(rec *trace.Recording) Finding {
	if f := IsAsync(rec); f.Outcome != Pass {
		return f
	}
	return KernelMovesData(rec)
}

// EmulatedProactor: helper threads perform the operations on clients, whichever client it is, and some are under way
// before the clients send.
func EmulatedProactor(rec *trace.Recording) Finding {
	for _, p := range []Predicate{HelpersBlock, BufferGivenFirst} {
		if f := p(rec); f.Outcome != Pass {
			return f
		}
	}
	return OperationProcessor(rec)
}

// UsesRing: io_uring_enter is what tells of several clients: that something was done for them, or, of a reactor on
// io_uring, that it can be.
func UsesRing(rec *trace.Recording) Finding {
	j := judge{rec, "io_uring_enter to tell of several clients", "completions of operations on two clients"}
	ops := operationsOf(rec)
	var shown []*trace.Call
	told := 0
	for _, c := range rec.Connections() {
		if i := slices.IndexFunc(ops.of[c.Object], func(o *operation) bool { return o.entry != nil && lastSeen(o) != nil }); i >= 0 {
			told++
			shown = append(shown, ops.of[c.Object][i].begun, lastSeen(ops.of[c.Object][i]))
		}
	}
	switch {
	case told >= 2:
		return j.pass(first(shown, 4), "io_uring_enter tells of %s", plural(told, "client"))
	case len(rec.Connections()) < 2:
		return j.unclear("the server had %s of the tester's", plural(len(rec.Connections()), "connection"))
	}
	instead, what := j.waitsInstead(trace.FamilyRing)
	return j.fail(instead, "%s", what)
}
