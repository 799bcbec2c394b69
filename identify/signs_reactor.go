package identify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// oneThread: who accepts, reads and writes is always the same.
func oneThread(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	first := map[int]*trace.Call{}
	for _, tid := range s.accepters() {
		first[tid] = s.accepts[tid][0]
	}
	for _, c := range s.conns {
		for _, call := range c.io {
			if first[call.TID] == nil {
				first[call.TID] = call
			}
		}
	}
	tids := slices.Sorted(maps.Keys(first))
	var shown []*trace.Call
	for _, tid := range tids[:min(5, len(tids))] {
		shown = append(shown, first[tid])
	}
	return or(len(tids) == 1, shown, "accepts, reads and writes by %s", threadList(tids))
}

// oneWaiter: there is one set, and one thread waits on it.
func oneWaiter(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	tids := s.waiting()
	return or(len(s.sets) == 1 && len(tids) == 1, s.oneWaitEach(), "%s, and %s on them", plural(len(s.sets), "set"), threadList(tids))
}

// severalSets: the same thread waits on two sets with several connections each.
func severalSets(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	by := map[int]int{}
	for _, one := range s.sets {
		for _, tid := range one.waiters {
			by[tid]++
		}
	}
	most := 0
	for _, n := range by {
		most = max(most, n)
	}
	return or(most >= 2, s.oneWaitEach(), "%s, up to %d with the same thread", plural(len(s.sets), "set"), most)
}

func (s *survey) oneWaitEach() []*trace.Call {
	var calls []*trace.Call
	for _, one := range first(s.sets, 5) {
		calls = append(calls, one.wait)
	}
	return calls
}

// shared lists the connections that brought data more than once, and those of them that several threads touched: one
// that is read once shows nothing.
func (s *survey) shared() (asked, shared []*conn) {
	for _, c := range s.conns {
		reads := 0
		for _, call := range c.io {
			if brought(call) {
				reads++
			}
		}
		if reads < 2 {
			continue
		}
		asked = append(asked, c)
		if len(c.threads) > 1 {
			shared = append(shared, c)
		}
	}
	return asked, shared
}

// oneOwner: nearly all connections that asked several times have one thread.
func oneOwner(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	asked, shared := s.shared()
	switch {
	case len(asked) == 0 && s.rings.accept != nil:
		return no(nil, "no thread makes a call on a connection")
	case len(asked) == 0:
		return unknown(loadAtOnce, "no client asked twice")
	case hardlyAny(len(shared), len(asked)):
		return yes(asked[0].firstIO(), "%d of %s that asked several times", len(asked)-len(shared), plural(len(asked), "connection"))
	}
	return no(shared[0].firstIO(), "%d of %s that asked several times were touched by several threads", len(shared), plural(len(asked), "connection"))
}

// ownerWaits: the one thread of a connection is one that waits on the set in which it is.
func ownerWaits(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	owned, waits := 0, 0
	var against *conn
	for _, c := range s.conns {
		switch tid := c.owner(); {
		case tid == 0 || len(c.waiters) == 0: // it may have been read and answered with no wait at all
		case c.waiters[tid]:
			owned++
			waits++
		default:
			owned++
			against = c
		}
	}
	if nearlyAll(waits, owned) {
		return yes(s.oneWaitEach(), "%d of %s", waits, plural(owned, "connection"))
	}
	if against == nil {
		return no(nil, "no connection that is waited for has one thread")
	}
	return no(against.firstIO(), "%d of %s", waits, plural(owned, "connection"))
}

// owners lists the threads that have connections of their own.
func (s *survey) owners() []int {
	tids := map[int]bool{}
	for _, c := range s.conns {
		if tid := c.owner(); tid != 0 {
			tids[tid] = true
		}
	}
	return slices.Sorted(maps.Keys(tids))
}

// severalOwners: two threads own connections, or the one that does is not the one that accepts.
func severalOwners(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	owners, accepters := s.owners(), s.accepters()
	apart := len(owners) == 1 && len(accepters) > 0 && !slices.Contains(accepters, owners[0])
	return or(len(owners) >= 2 || apart, s.oneWaitEach(), "owned by %s, accepted by %s", threadList(owners), threadList(accepters))
}

// workInThreads: word comes from other threads of the process between a request's read and its answer, for half of the
// requests at least; or other threads of the process read or write connections for the thread that waits.
func workInThreads(s *survey) reply {
	return s.work("thread", func(pid, other int) bool { return pid == other })
}

// workInProcesses: the same of other processes.
func workInProcesses(s *survey) reply {
	return s.work("process", func(pid, other int) bool { return pid != other })
}

func (s *survey) work(who string, counts func(pid, other int) bool) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	tids := s.waiting()
	if len(tids) != 1 {
		return no(s.oneWaitEach(), "%s for several connections", threadList(tids))
	}
	tid, pid := tids[0], s.processOf(tids[0])
	for _, c := range s.conns {
		i := slices.IndexFunc(c.io, func(call *trace.Call) bool { return call.TID != tid && c.waiters[tid] && counts(pid, call.PID) })
		if i >= 0 {
			return yes(append(s.oneWaitEach(), c.io[i]), "thread %d waits for %s, and thread %d reads or writes it", tid, c.Name, c.io[i].TID)
		}
	}
	elsewhere, here := check.Errands(s.rec, tid)
	n := 0
	var shown []*trace.Call
	for _, e := range elsewhere {
		if counts(pid, e.Told.PID) {
			if n++; n == 1 {
				shown = []*trace.Call{e.Read, e.Told, e.Heard, e.Write}
			}
		}
	}
	all := len(elsewhere) + here
	if all == 0 {
		return unknown(loadSome, "no request was read and answered")
	}
	return or(2*n >= all, shown, "of %s, %d were answered after word from another %s", plural(all, "request"), n, who)
}

func threadList(tids []int) string {
	if len(tids) == 0 {
		return "no thread"
	}
	var words []string
	for _, tid := range first(tids, 5) {
		words = append(words, fmt.Sprint(tid))
	}
	if n := len(tids) - len(words); n > 0 {
		words = append(words, fmt.Sprintf("%d more", n))
	}
	if len(tids) == 1 {
		return "thread " + words[0]
	}
	return "threads " + strings.Join(words, ", ")
}
