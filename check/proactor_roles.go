package check

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/trace"
)

// The participants of a Proactor, as far as calls tell of them. The initiator's work is over before the first client
// comes: what is seen of it is that an accept is under way by then. The operation processor is the kernel, or helper
// threads. The proactor and its handlers are seen in what follows a completion: another operation.

// Initiator: operations are started ahead of what they wait for. So an accept is under way when a client comes, and when
// nobody comes.
//
// Asked are those clients who came when the server was at rest, and of these one in ten must find it: an accept that takes
// one client must be started again for the next, who may be quicker. What must be there is the accept in the quiet phase.
func Initiator(rec *trace.Recording) Finding {
	j := judge{rec, "an accept under way before a client comes", "accept started ahead, and started again once it has brought a client"}
	ops := operationsOf(rec)
	ready := func(at trace.Time) bool {
		return slices.ContainsFunc(rec.Listeners(), func(l trace.Object) bool { return ops.waiting(accepts, l, at) })
	}
	var found, none int
	for _, c := range alone(rec) {
		if ready(c.Opened) {
			found++
		} else {
			none++
		}
	}
	_, rest, quiet := quiet(rec)
	shown := append(j.setUp(), first(calls(ops.that(accepts)), 1)...)
	switch {
	case found+none < tolerated:
		return j.unclear("%s came while the server was at rest; it takes %d", plural(found+none, "client"), tolerated)
	case quiet && !ready(rest):
		return j.fail(append(shown, firstAccepts(rec)...), "with nothing to do, no accept is under way; nor was one when %d of %s came", none, plural(found+none, "client"))
	case found*10 < none, !quiet && found < none:
		return j.fail(append(shown, firstAccepts(rec)...), "%d of %s that came alone found no accept under way", none, plural(found+none, "client"))
	}
	return j.pass(shown, "an accept is under way while nothing happens, and %d of %s that came alone found one", found, plural(found+none, "client"))
}

// setUp shows what the initiator made, in its order: the ring if there is one, and the listener.
func (j judge) setUp() []*trace.Call {
	var made []*trace.Call
	for _, c := range j.Calls {
		if c.Name == "io_uring_setup" || c.Name == "listen" && j.Listens(c.Object) {
			made = append(made, c)
		}
	}
	return first(made, 4)
}

// alone lists the clients that came when everybody who had come before had been answered, or was gone.
func alone(rec *trace.Recording) []*trace.Client {
	byOpening := make([]*trace.Client, 0, len(rec.Clients))
	for i := range rec.Clients {
		byOpening = append(byOpening, &rec.Clients[i])
	}
	slices.SortStableFunc(byOpening, func(a, b *trace.Client) int { return cmp.Compare(a.Opened, b.Opened) })
	var found []*trace.Client
	for i, c := range byOpening {
		if !slices.ContainsFunc(byOpening[:i], func(before *trace.Client) bool { return !settled(before, c.Opened) }) {
			found = append(found, c)
		}
	}
	return found
}

// settled reports whether the client had been answered once by then, or had gone.
func settled(c *trace.Client, by trace.Time) bool {
	if c.Closed != 0 && c.Closed < by {
		return true
	}
	return slices.ContainsFunc(c.Exchanges, func(x trace.Exchange) bool { return x.Answered != 0 && x.Answered < by })
}

// OperationProcessor: operations are performed by somebody who is no handler: the kernel, or helper threads who take them
// for whatever client they are. Several are under way at once, and nobody who waits for one of them is held up by another.
//
// A thread that performs all that concerns its client is no helper: it is that client's thread.
func OperationProcessor(rec *trace.Recording) Finding {
	j := judge{rec,
		"operations of several clients under way at once, performed by the kernel, or by helper threads that serve any client",
		"operations that somebody performs who is no client's own thread, and no handler"}
	ops, own := operationsOf(rec), ownCalls(rec, false)
	tied, free := tiedTo(rec, ops)
	busy := mostAtOnce(rec, ops)
	switch {
	case len(ops.all)+len(own) == 0:
		return j.unclear("nothing was done for any client")
	case len(own)*10 > len(ops.all):
		return j.fail(first(own, 6), "%s by %s that move bytes or accept at once, and %s", plural(len(own), "call"), threadList(callers(own)), plural(len(ops.all), "operation"))
	case tied > free:
		return j.fail(first(calls(ops.all), 6), "%s of %d have a thread of their own", plural(tied, "client"), tied+free)
	case len(busy) < 2:
		return j.unclear("never were operations of two clients under way at once")
	}
	return j.pass(append(first(calls(busy), 3), j.oneAnswer(ops)...), "%s, of up to %s at once", plural(len(ops.all), "operation"), plural(len(busy), "client"))
}

// tiedTo counts clients whose operations are all performed by one thread, and the others. Only those tell that had
// several operations.
func tiedTo(rec *trace.Recording, ops operations) (tied, free int) {
	for _, c := range rec.Connections() {
		by := map[int]bool{}
		for _, o := range ops.of[c.Object] {
			by[o.performer()] = true
		}
		switch {
		case len(ops.of[c.Object]) < tolerated:
		case len(by) == 1 && !by[0]:
			tied++
		default:
			free++
		}
	}
	return tied, free
}

// mostAtOnce lists the receives that were under way at one time, on different clients, when they were most: at the
// beginning of one of them.
func mostAtOnce(rec *trace.Recording, ops operations) []*operation {
	var most []*operation
	var now []*operation
	for _, o := range ops.that(receives) {
		now = slices.DeleteFunc(now, func(b *operation) bool { return !b.underWay(o.begun.Enter) || b.on == o.on })
		if now = append(now, o); len(now) > len(most) && rec.Connection(o.on) != nil {
			most = slices.Clone(now)
		}
	}
	return most
}

// CallsHandler: each completion reaches the handler of its kind, and that starts the next operation: after an accept a
// receive on the new connection, after a receive that brought a request a send, and what was sent is told too. One in ten
// may miss: a client may be gone before its turn.
func CallsHandler(rec *trace.Recording) Finding {
	j := judge{rec,
		"after each accept a receive from that client, after each request received a send of its answer, and word of what was sent",
		"an operation that follows the completion of the one before"}
	ops := operationsOf(rec)
	accepted := ops.firstAccepted()
	var wrong, n int
	var missing, shown []*trace.Call
	for _, x := range answered(rec) {
		n++
		chain := ops.chain(accepted, x)
		if chain == nil {
			wrong++
			missing = append(missing, j.during(x)...)
		} else if shown == nil && x.first {
			shown = chain
		}
	}
	sent, untold := ops.that(sends), 0
	for _, o := range sent {
		if len(o.outcomes()) == 0 {
			untold++
			missing = append(missing, o.begun)
		}
	}
	switch {
	case n == 0:
		return j.unclear("no request was answered")
	case wrong*10 > n:
		return j.fail(first(missing, 6), "%d of %s were not received and then answered by operations, each after the one before", wrong, plural(n, "request"))
	case untold*10 > len(sent):
		return j.fail(first(missing, 6), "of %d of %s nobody was told what it came to", untold, plural(len(sent), "send"))
	}
	return j.pass(shown, "%d of %s: accepted, received, sent, each started once the one before had completed", n-wrong, plural(n, "request"))
}

// chain gives the calls that lead from an accept to an answer: a receive begins once an accept has completed, and
// completes, and then a send begins. It is nil where one of them is missing, or too early.
func (ops operations) chain(accepted *outcome, x exchange) []*trace.Call {
	i := slices.IndexFunc(ops.of[x.Object], func(o *operation) bool { return o.does == receives })
	got := ops.received(x)
	if accepted == nil || i < 0 || got == nil || ops.of[x.Object][i].begun.Enter < accepted.after {
		return nil
	}
	for _, o := range ops.of[x.Object] {
		if o.does == sends && x.within(o.begun.Enter) && ops.anyReceived(x, o.begun.Enter) {
			return []*trace.Call{accepted.seen, ops.of[x.Object][i].begun, got.seen, o.begun, lastSeen(o)}
		}
	}
	return nil
}

// anyReceived reports whether bytes of the request had been received by then.
func (ops operations) anyReceived(x exchange, by trace.Time) bool {
	return slices.ContainsFunc(ops.of[x.Object], func(o *operation) bool {
		return o.does == receives && slices.ContainsFunc(o.outcomes(), func(out outcome) bool {
			return out.result > 0 && out.within(x) && out.after <= by
		})
	})
}

// firstAccepted is the outcome that brought the first client, if an operation did; or nil.
func (ops operations) firstAccepted() (found *outcome) {
	for _, o := range ops.that(accepts) {
		for _, out := range o.outcomes() {
			if out.result >= 0 && (found == nil || out.seen.Exit < found.seen.Exit) {
				found = &out
			}
		}
	}
	return found
}
