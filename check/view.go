package check

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// The words in which predicates look at a recording. C are the tester's connections; R(c) and W(c) the threads that
// read and wrote c, where an attempt that got EAGAIN counts.

// isRead and isWrite tell what a call does to a connection.
func isRead(c *trace.Call) bool  { return c.Family == trace.FamilyRead }
func isWrite(c *trace.Call) bool { return c.Family == trace.FamilyWrite }

// brought reports whether a read brought data.
func brought(c *trace.Call) bool { return isRead(c) && c.Result > 0 }

// inMessages reports whether a call's result counts messages, not bytes.
func inMessages(c *trace.Call) bool { return c.Name == "recvmmsg" || c.Name == "sendmmsg" }

// full reports whether a read filled its buffer, so that there may be more to read.
func full(c *trace.Call) bool {
	return isRead(c) && !inMessages(c) && c.Want > 0 && c.Result >= c.Want
}

// interrupted reports whether a call ended without having done anything, for a signal's sake.
func interrupted(c *trace.Call) bool {
	return slices.Contains([]string{"EINTR", "ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK"}, c.Errno)
}

// blockedWrite reports whether a write could not get rid of everything.
func blockedWrite(c *trace.Call) bool {
	return isWrite(c) && (c.Errno == "EAGAIN" || c.Errno == "" && !inMessages(c) && c.Result < c.Want)
}

// ended reports whether a call showed its thread that the connection is over.
func ended(c *trace.Call) bool {
	if c.Exit == 0 || interrupted(c) || c.Errno == "EAGAIN" {
		return false
	}
	return isRead(c) && c.Result <= 0 || isWrite(c) && c.Errno != ""
}

func isClose(c *trace.Call) bool { return c.Family == trace.FamilyClose }

// threads lists the threads that made calls of the kind on the connection, in order of their first.
func threads(c *trace.Connection, kind func(*trace.Call) bool) []int {
	var tids []int
	for _, call := range c.Calls {
		if kind(call) && !slices.Contains(tids, call.TID) {
			tids = append(tids, call.TID)
		}
	}
	return tids
}

func isIO(c *trace.Call) bool { return isRead(c) || isWrite(c) }

// stop is one end of a call. Calls of one thread are ordered by their numbers; stops of different threads by nothing
// better than their times.
type stop struct {
	at    trace.Time
	call  *trace.Call
	enter bool
}

// stops lists both ends of all calls in the order of time. A call that never returned has only its beginning.
func stops(rec *trace.Recording) []stop {
	all := make([]stop, 0, 2*len(rec.Calls))
	for _, c := range rec.Calls {
		all = append(all, stop{c.Enter, c, true})
		if c.Exit != 0 {
			all = append(all, stop{c.Exit, c, false})
		}
	}
	slices.SortStableFunc(all, func(a, b stop) int {
		if at := cmp.Compare(a.at, b.at); at != 0 {
			return at
		}
		return cmp.Compare(a.call.Seq, b.call.Seq)
	})
	return all
}

// stopped is when the server was told to stop, or the end of time. What it does from then on is not serving.
func stopped(rec *trace.Recording) trace.Time {
	for _, m := range rec.Marks {
		if m.Name == "stop" {
			return m.At
		}
	}
	return 1<<63 - 1
}

// lifetime is when the server had the connection: from its accept, or its first call, to the last close.
func lifetime(c *trace.Connection) (from, until trace.Time) {
	until = 1<<63 - 1
	if c.Accept != nil {
		from = c.Accept.Exit
	} else if len(c.Calls) > 0 {
		from = c.Calls[0].Enter
	}
	for _, call := range c.Calls {
		if isClose(call) {
			until = call.Enter
		}
	}
	return from, until
}

// open is when some process of the server had the connection. A child that ends closes what it had, with no call of its
// own, and so its parent's close may be the only one and long before.
func open(rec *trace.Recording, c *trace.Connection) (from, until trace.Time) {
	from, until = lifetime(c)
	for i, h := range rec.Holdings(c.Object) {
		switch {
		case h.Until == 0:
			return from, 1<<63 - 1
		case i == 0 || h.Until > until:
			until = h.Until
		}
	}
	return from, until
}

// answers counts the requests that were answered, and when the first was sent and the last answered.
func answers(rec *trace.Recording) (n int, from, until trace.Time) {
	for _, c := range rec.Clients {
		for _, x := range c.Exchanges {
			if x.Answered == 0 {
				continue
			}
			if n == 0 || x.Sent < from {
				from = x.Sent
			}
			until = max(until, x.Answered)
			n++
		}
	}
	return n, from, until
}

// naming lists the connections that a wait reported, each once. When the events could not be told apart, all that
// were watched count.
func naming(rec *trace.Recording, w *trace.Wait) []*trace.Connection {
	var cs []*trace.Connection
	seen := make(map[trace.Object]bool, len(w.Reports))
	add := func(o trace.Object) {
		if c := rec.Connection(o); c != nil && !seen[o] {
			seen[o] = true
			cs = append(cs, c)
		}
	}
	for _, r := range w.Reports {
		if r.Object != "" {
			add(r.Object)
			continue
		}
		for _, m := range w.Members() {
			add(m.Object)
		}
	}
	return cs
}

// reactorSets lists the sets of which some wait covered two connections at least: what a multiplexer is told by.
func reactorSets(rec *trace.Recording) []*trace.WaitSet {
	var sets []*trace.WaitSet
	for _, s := range rec.WaitSets() {
		if degree(s) >= 2 {
			sets = append(sets, s)
		}
	}
	return sets
}

// once drops the sets that are others made anew.
func (j judge) once(sets []*trace.WaitSet) []*trace.WaitSet {
	var kept []*trace.WaitSet
	last := map[*trace.WaitSet]*trace.WaitSet{} // of those that are one, by the first
	for _, s := range sets {
		i := slices.IndexFunc(kept, func(k *trace.WaitSet) bool { return j.madeAnew(s, last[k]) })
		if i < 0 {
			kept, i = append(kept, s), len(kept)
		}
		last[kept[i]] = s
	}
	return kept
}

// madeAnew reports whether a set takes the place of an old one: it was made when the last wait on the old one was over, the
// same threads wait on it, and for something that the old one covered. Some libraries do so when a registration went wrong.
func (j judge) madeAnew(s, old *trace.WaitSet) bool {
	if !slices.Equal(waiters(s), waiters(old)) {
		return false
	}
	made := j.created(s)
	if made == nil || slices.ContainsFunc(old.Waits, func(w *trace.Wait) bool { return w.Call.Exit == 0 || w.Call.Exit > made.Enter }) {
		return false
	}
	for o := range covered(old) {
		if covers(s, o) {
			return true
		}
	}
	return false
}

// degree is how many connections a wait of the set covered, at most.
func degree(s *trace.WaitSet) int {
	most := 0
	for _, w := range s.Waits {
		most = max(most, w.Degree)
	}
	return most
}

// waiters lists the threads that waited on the set while it covered a connection.
func waiters(s *trace.WaitSet) []int {
	tids := map[int]bool{}
	for _, w := range s.Waits {
		if w.Degree > 0 {
			tids[w.Call.TID] = true
		}
	}
	return slices.Sorted(maps.Keys(tids))
}

// covered goes through the objects that the set ever watched; some come more than once.
func covered(s *trace.WaitSet) iter.Seq[trace.Object] {
	return func(yield func(trace.Object) bool) {
		for _, w := range s.Watched {
			if !yield(w.Object) {
				return
			}
		}
		for _, w := range s.Waits {
			for _, p := range w.Call.Polls {
				if p.FD >= 0 && !yield(p.Object) {
					return
				}
			}
		}
	}
}

// watchesListener reports whether an epoll instance ever had a listener.
func watchesListener(rec *trace.Recording, s *trace.WaitSet) bool {
	return slices.ContainsFunc(s.Watched, func(w trace.Watch) bool { return rec.Listens(w.Object) })
}

// covers reports whether the set ever watched the object.
func covers(s *trace.WaitSet, o trace.Object) bool {
	for other := range covered(s) {
		if other == o {
			return true
		}
	}
	return false
}

// submissions lists the calls of io_uring by which operations on the listener and on clients were started. To ask of a
// ring to be told when a socket is ready (POLL_ADD) starts none.
func submissions(rec *trace.Recording) []*trace.Call {
	var calls []*trace.Call
	for _, c := range rec.Calls {
		if c.Ring != nil && slices.ContainsFunc(c.Ring.Submitted, func(e trace.SQE) bool {
			return e.Op != "POLL_ADD" && (rec.Listens(e.Object) || rec.Connection(e.Object) != nil)
		}) {
			calls = append(calls, c)
		}
	}
	return calls
}

// sleeps reports whether a wait may sleep. One that may not only looks: it is part of what a fair server does between
// two slices of work, and of a busy loop.
func sleeps(c *trace.Call) bool { return c.Timeout != 0 }

// first takes the first n.
func first[T any](s []T, n int) []T { return s[:min(n, len(s))] }
