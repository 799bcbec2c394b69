package check

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/iospec/iospec/trace"
)

// TimeSharing: one thread does the I/O of all clients, a little for each in turn.
//
// The thread is told by the clients' sockets alone: who accepts, reads or writes one of the tester's connections. A
// server may have any number of other threads. Turns are seen when a connection is read, then another one, then the
// first again, while both are open.
func TimeSharing(rec *trace.Recording) Finding {
	j := judge{rec,
		"one thread that accepts, reads and writes for all clients, each in its turn",
		"every accept, read and write of a client by one and the same thread"}
	byThread := clientCalls(rec)
	if len(byThread) == 0 {
		return j.unclear("no call on a client's connection was seen")
	}
	if len(byThread) > 1 {
		return j.fail(oneOfEach(byThread), "%s did the clients' I/O", plural(len(byThread), "thread"))
	}
	turn := interleaving(rec)
	if turn == nil {
		return j.unclear("the clients came one after another; two that are open and ask in turn would tell")
	}
	n, from, until := answers(rec)
	rate := "" // a recording that was cut short knows of no answers
	if n > 0 && until > from {
		rate = ", " + plural(n, "request") + " answered, " + plural(int(float64(n)/time.Duration(until-from).Seconds()), "request") + " a second while traced"
	}
	return j.pass(turn, "thread %d did all I/O of %s%s", turn[0].TID, plural(len(rec.Connections()), "client"), rate)
}

// clientCalls gathers the accepts, reads and writes of the tester's connections by thread.
func clientCalls(rec *trace.Recording) map[int][]*trace.Call {
	byThread := map[int][]*trace.Call{}
	for _, c := range rec.Connections() {
		for _, call := range c.Calls {
			if isIO(call) || call == c.Accept {
				byThread[call.TID] = append(byThread[call.TID], call)
			}
		}
	}
	for _, calls := range byThread {
		slices.SortFunc(calls, func(a, b *trace.Call) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return byThread
}

// oneOfEach takes the first call of each thread, and the next few of each where the threads are few.
func oneOfEach(byThread map[int][]*trace.Call) []*trace.Call {
	each := max(1, 4/max(1, len(byThread)))
	var calls []*trace.Call
	for _, tid := range slices.Sorted(maps.Keys(byThread)) {
		calls = append(calls, first(byThread[tid], each)...)
	}
	return first(calls, maxWitnesses)
}

// interleaving finds three reads that brought data: of a, of b, and of a again.
func interleaving(rec *trace.Recording) []*trace.Call {
	var latest *trace.Call                    // the read before this one
	last := map[trace.Object]*trace.Call{}    // the last read of each connection
	between := map[trace.Object]*trace.Call{} // a read of another connection since
	for _, call := range rec.Calls {
		c := rec.Connection(call.Object)
		if c == nil || !brought(call) {
			continue
		}
		if other := between[call.Object]; other != nil {
			return []*trace.Call{last[call.Object], other, call}
		}
		if latest != nil && latest.Object != call.Object {
			between[latest.Object] = call
		}
		last[call.Object], latest = call, call
	}
	return nil
}

// OneAtATime: at any moment one request is being handled.
//
// Handling a request begins when the read that completes it begins, and ends when the first write that follows on the
// connection has ended. Two requests overlap when these spans do and two threads did the reading: each span begins and
// ends with a stop of its thread, so overlapping spans mean that nothing, no lock either, kept the threads apart.
//
// Within one thread nothing overlaps, whatever order it reads and writes in. It cannot run two handlers at once; what
// it read before it read on, it has handled, or has put aside without having begun. Redis reads every ready client,
// executing each command as it comes, and writes all the replies at the end of its turn: that is one at a time, though
// the reads and writes are not in pairs. A request that arrives in pieces is not being handled until the last piece.
func OneAtATime(rec *trace.Recording) Finding {
	j := judge{rec,
		"one request handled at any moment",
		"each request read, handled and answered before another thread begins with one"}
	spans := Handlings(rec)
	if len(spans) == 0 {
		return j.unclear("no request was read and answered")
	}
	if a, b := overlapping(spans); a != nil {
		return j.fail([]*trace.Call{a.Read, a.Write, b.Read, b.Write},
			"thread %d began with a request of %s while thread %d was at one of %s",
			b.Read.TID, j.Name(b.Read.Object), a.Read.TID, j.Name(a.Read.Object))
	}
	threads := map[int]bool{}
	for _, s := range spans {
		threads[s.Read.TID] = true
	}
	switch {
	case len(threads) > 1:
		return j.unclear("%s handled requests, never two at a time in this recording; more clients at once would tell", plural(len(threads), "thread"))
	case pendingAtOnce(rec) < 2:
		return j.unclear("never were two requests on their way at the same time")
	}
	return j.pass([]*trace.Call{spans[0].Read, spans[0].Write}, "thread %d handled %s, with up to %d waiting for it",
		spans[0].Read.TID, plural(len(spans), "request"), pendingAtOnce(rec))
}

// Handling is one request, from the read that completed it to the first write afterwards.
type Handling struct{ Read, Write *trace.Call }

// Handlings lists them by the beginning of their reads.
func Handlings(rec *trace.Recording) []Handling {
	var all []Handling
	for _, c := range rec.Connections() {
		var read *trace.Call
		for _, call := range c.Calls {
			switch {
			case brought(call):
				read = call
			case isWrite(call) && call.Exit != 0 && read != nil:
				all = append(all, Handling{read, call})
				read = nil
			}
		}
	}
	slices.SortFunc(all, func(a, b Handling) int {
		return cmp.Or(cmp.Compare(a.Read.Enter, b.Read.Enter), cmp.Compare(a.Read.Seq, b.Read.Seq))
	})
	return all
}

// overlapping finds two handlings by different threads of which one begins before the other has ended.
func overlapping(spans []Handling) (a, b *Handling) {
	var open []*Handling // what has not ended, by the time of its beginning
	for i := range spans {
		b := &spans[i]
		open = slices.DeleteFunc(open, func(a *Handling) bool { return a.Write.Exit <= b.Read.Enter })
		for _, a := range open {
			if a.Read.TID != b.Read.TID {
				return a, b
			}
		}
		open = append(open, b)
	}
	return nil, nil
}

// together is how many requests must be on their way at once before one may expect a wait to report several of them.
const together = 8

// ManyEventsOneCall: one wait returns several events.
//
// A server whose epoll_wait has room for one event cannot show it, however many clients are ready.
func ManyEventsOneCall(rec *trace.Recording) Finding {
	j := judge{rec, "a wait that reports several ready clients at once", "room for more than one event in epoll_wait"}
	var best *trace.Wait
	var single []*trace.Call
	most, room := 0, false
	for _, w := range rec.Waits() {
		if w.Degree == 0 {
			continue
		}
		if n := len(naming(rec, w)); n > most {
			most, best = n, w
		}
		room = room || w.Set.Family != trace.FamilyWait || w.Call.NFDs > 1
		if w.Call.Result == 1 {
			single = append(single, w.Call)
		}
	}
	pending := pendingAtOnce(rec)
	switch {
	case most >= 2:
		return j.pass([]*trace.Call{best.Call}, "one call reported %s", plural(most, "client"))
	case len(single) == 0:
		return j.unclear("no wait reported a client")
	case !room && pending >= together:
		return j.fail(first(single, 4), "%s, each with room for 1 event, though up to %d requests were waiting", plural(len(single), "wait"), pending)
	}
	return j.unclear("no two clients were reported together; at most %s were on their way at once", plural(pending, "request"))
}
