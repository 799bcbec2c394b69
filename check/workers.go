package check

import (
	"cmp"
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// oneReactor finds the one thread that accepts clients, reads and writes them, or what there is instead.
func (j judge) oneReactor() (tid int, f *Finding) { return j.oneThread(clientCalls(j.Recording)) }

// oneHandler finds the one thread that reads and writes clients, whoever accepts them, or what there is instead.
func (j judge) oneHandler() (tid int, f *Finding) {
	byThread := clientCalls(j.Recording)
	for tid, calls := range byThread {
		if !slices.ContainsFunc(calls, isIO) {
			delete(byThread, tid)
		}
	}
	return j.oneThread(byThread)
}

func (j judge) oneThread(byThread map[int][]*trace.Call) (tid int, f *Finding) {
	var found Finding
	switch len(byThread) {
	case 0:
		found = j.untouched("no call on a client's connection was seen")
	case 1:
		return slices.Collect(maps.Keys(byThread))[0], nil
	default:
		found = j.fail(oneOfEach(byThread), "%s did the clients' I/O", plural(len(byThread), "thread"))
	}
	return 0, &found
}

// SameDispatch: one thread waits, for the listener and for all connections, and makes all accepts. Who works is not asked.
func SameDispatch(rec *trace.Recording) Finding {
	j := judge{rec, "one thread that waits on one set for all connections, and accepts", "one set, one thread that waits on it, and all accepts by that thread"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	tids := s.accepting()
	switch {
	case len(tids) == 0:
		return j.unclear("no accept of a client was seen")
	case len(tids) > 1:
		return j.fail(firstAccepts(rec), "%s accept", threadList(tids))
	case len(s.sets) == 0:
		return j.fail(j.waitsSingly(), "no wait covers two connections: each is waited for on its own")
	case len(s.sets) > 1:
		return j.fail(oneWaitEach(s.sets), "%s, each with several connections", plural(len(s.sets), "set"))
	}
	shown := append(oneWaitEach(s.sets), firstAccepts(rec)...)
	if w := waiters(s.sets[0]); len(w) != 1 || w[0] != tids[0] {
		return j.fail(shown, "%s on %s, and thread %d accepts", threadList(w), s.sets[0].ID, tids[0])
	}
	return j.pass(shown, "thread %d waits on %s and accepted %s", tids[0], s.sets[0].ID, plural(s.acceptors[tids[0]], "connection"))
}

// HandlerOnlyIO: the thread that waits receives all requests and sends all answers; no other touches a client.
func HandlerOnlyIO(rec *trace.Recording) Finding {
	j := judge{rec, "all reading and writing of clients in the thread that waits for them", "no read or write of a client in another thread"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	tid, f := j.oneHandler()
	if f != nil {
		return *f
	}
	for _, c := range s.served {
		if !s.waitsFor(tid, c) && !j.unawaited(c) {
			return j.fail(append(firstBy(c, []int{tid}), oneWaitEach(s.sets)...), "thread %d serves %s and does not wait for it", tid, c.Name)
		}
	}
	c := s.served[0]
	return j.pass(firstBy(c, []int{tid}), "thread %d reads and writes all of %s", tid, plural(len(s.served), "connection"))
}

// errand is a request that somebody else worked on: word came back after it had been read, and before it was answered.
type errand struct {
	Handling
	back Word
	out  *Word // how it went out, where that was a call
}

// errands tells the requests that were worked on elsewhere from those that were not.
//
// A word back may bring several results, so it may belong to several requests. The word out is looked for between the
// read and the word back; between threads there is none where a queue is enough.
func errands(rec *trace.Recording, tid int) (elsewhere []errand, here []Handling) {
	all := Words(rec)
	outward := func(w Word) bool { return w.Written.TID == tid && w.Read.TID != tid }
	for _, h := range Handlings(rec) {
		var e errand
		found := false
		i, _ := slices.BinarySearchFunc(all, h.Read.Exit, func(w Word, at trace.Time) int { return cmp.Compare(w.Read.Exit, at) })
		for _, w := range all[i:] {
			if w.Read.Exit > h.Write.Enter {
				break
			}
			if w.Read.TID == tid {
				e, found = errand{Handling: h, back: w, out: e.out}, true
			} else if outward(w) && w.Written.Enter >= h.Read.Exit {
				e.out = &w
			}
		}
		if found {
			elsewhere = append(elsewhere, e)
		} else {
			here = append(here, h)
		}
	}
	return elsewhere, here
}

// WorkerComputes: between the read of a request and its answer other threads or processes work, who touch no client and
// wake the reactor when they are done. One request in ten may be answered without them.
func WorkerComputes(rec *trace.Recording) Finding {
	return delegates(rec, "requests worked on by threads or processes other than the reactor's, which tell it when they are done", func(int, errand) bool { return true })
}

// SingleReactorThreads: one reactor does all the I/O, and threads of its process do the work.
func SingleReactorThreads(rec *trace.Recording) Finding {
	return singleWith(rec, "one reactor, and threads of its process that do the work", func(pid int, e errand) bool { return e.back.Written.PID == pid })
}

// SingleReactorProcesses: one reactor does all the I/O, and other processes do the work.
func SingleReactorProcesses(rec *trace.Recording) Finding {
	return singleWith(rec, "one reactor, and other processes that do the work", func(pid int, e errand) bool { return e.back.Written.PID != pid })
}

func singleWith(rec *trace.Recording, expected string, who func(pid int, e errand) bool) Finding {
	for _, p := range []Predicate{SameDispatch, HandlerOnlyIO} {
		if f := p(rec); f.Outcome != Pass {
			return f
		}
	}
	return delegates(rec, expected, who)
}

func delegates(rec *trace.Recording, expected string, who func(pid int, e errand) bool) Finding {
	j := judge{rec, expected, "between the read of a request and its answer, a word to the reactor from such a one"}
	tid, f := j.oneHandler()
	if f != nil {
		return *f
	}
	elsewhere, here := errands(rec, tid)
	if len(elsewhere)+len(here) == 0 {
		return j.unclear("no request was read and answered")
	}
	by := map[int]bool{}
	for _, e := range elsewhere {
		if !who(e.Read.PID, e) {
			return j.fail([]*trace.Call{e.Read, e.back.Written, e.back.Read, e.Write}, "thread %d of process %d works for thread %d of process %d", e.back.Written.TID, e.back.Written.PID, tid, e.Read.PID)
		}
		by[e.back.Written.TID] = true
	}
	if len(here)*10 > len(elsewhere) {
		return j.fail([]*trace.Call{here[0].Read, here[0].Write}, "thread %d read and answered %d of %s with no word from another", tid, len(here), plural(len(elsewhere)+len(here), "request"))
	}
	e := elsewhere[0]
	return j.pass([]*trace.Call{e.Read, e.back.Written, e.back.Read, e.Write}, "%s answered after word from %s; %d without",
		plural(len(elsewhere), "request"), threadList(slices.Sorted(maps.Keys(by))), len(here))
}

// BothWays: work for other processes goes out as a message and comes back as a message, and while one is out others go
// out as well, so that whoever receives a result must know whose it is.
func BothWays(rec *trace.Recording) Finding {
	j := judge{rec, "a message to another process and one back for each request, several at once", "between the read of a request and its answer, a message to another process and one from it"}
	tid, f := j.oneHandler()
	if f != nil {
		return *f
	}
	elsewhere, here := errands(rec, tid)
	switch {
	case len(elsewhere)+len(here) == 0:
		return j.unclear("no request was read and answered")
	case len(here)*10 > len(elsewhere):
		return j.fail([]*trace.Call{here[0].Read, here[0].Write}, "thread %d read and answered %d of %s with no word from another", tid, len(here), plural(len(elsewhere)+len(here), "request"))
	}
	var until trace.Time
	var overlapping []*trace.Call
	for _, e := range elsewhere {
		calls := []*trace.Call{e.Read, e.back.Written, e.back.Read, e.Write}
		switch {
		case e.back.Written.PID == e.Read.PID:
			return j.fail(calls, "the work for %s is done in the same process, %d", rec.Name(e.Read.Object), e.Read.PID)
		case e.out == nil:
			return j.fail(calls, "a result for %s came, and no message had gone out", rec.Name(e.Read.Object))
		}
		if e.Read.Enter < until && overlapping == nil {
			overlapping = append([]*trace.Call{e.out.Written, e.out.Read}, calls...)
		}
		until = max(until, e.Write.Enter)
	}
	if overlapping == nil {
		return j.unclear("requests came one after another, so results need no name")
	}
	return j.pass(overlapping, "%s sent to other processes and back, several at once", plural(len(elsewhere), "request"))
}
