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
	handling
	back word
	out  *word // how it went out, where that was a call
}

// errands tells the requests that were worked on elsewhere from those that were not.
//
// A word back may bring several results, so it may belong to several requests. The word out is looked for between the
// read and the word back; between threads there is none where a queue is enough.
func errands(rec *trace.Recording, tid int) (elsewhere []errand, here []handling) {
	all := words(rec)
	outward := func(w word) bool { return w.written.TID == tid && w.read.TID != tid }
	for _, h := range handlings(rec) {
		var e errand
		found := false
		i, _ := slices.BinarySearchFunc(all, h.read.Exit, func(w word, at trace.Time) int { return cmp.Compare(w.read.Exit, at) })
		for _, w := range all[i:] {
			if w.read.Exit > h.write.Enter {
				break
			}
			if w.read.TID == tid {
				e, found = errand{handling: h, back: w, out: e.out}, true
			} else if outward(w) && w.written.Enter >= h.read.Exit {
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
	return singleWith(rec, "one reactor, and threads of its process that do the work", func(pid int, e errand) bool { return e.back.written.PID == pid })
}

// SingleReactorProcesses: one reactor does all the I/O, and other processes do the work.
func SingleReactorProcesses(rec *trace.Recording) Finding {
	return singleWith(rec, "one reactor, and other processes that do the work", func(pid int, e errand) bool { return e.back.written.PID != pid })
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
		if !who(e.read.PID, e) {
			return j.fail([]*trace.Call{e.read, e.back.written, e.back.read, e.write}, "thread %d of process %d works for thread %d of process %d", e.back.written.TID, e.back.written.PID, tid, e.read.PID)
		}
		by[e.back.written.TID] = true
	}
	if len(here)*10 > len(elsewhere) {
		return j.fail([]*trace.Call{here[0].read, here[0].write}, "thread %d read and answered %d of %s with no word from another", tid, len(here), plural(len(elsewhere)+len(here), "request"))
	}
	e := elsewhere[0]
	return j.pass([]*trace.Call{e.read, e.back.written, e.back.read, e.write}, "%s answered after word from %s; %d without",
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
		return j.fail([]*trace.Call{here[0].read, here[0].write}, "thread %d read and answered %d of %s with no word from another", tid, len(here), plural(len(elsewhere)+len(here), "request"))
	}
	var until trace.Time
	var overlapping []*trace.Call
	for _, e := range elsewhere {
		calls := []*trace.Call{e.read, e.back.written, e.back.read, e.write}
		switch {
		case e.back.written.PID == e.read.PID:
			return j.fail(calls, "the work for %s is done in the same process, %d", rec.Name(e.read.Object), e.read.PID)
		case e.out == nil:
			return j.fail(calls, "a result for %s came, and no message had gone out", rec.Name(e.read.Object))
		}
		if e.read.Enter < until && overlapping == nil {
			overlapping = append([]*trace.Call{e.out.written, e.out.read}, calls...)
		}
		until = max(until, e.write.Enter)
	}
	if overlapping == nil {
		return j.unclear("requests came one after another, so results need no name")
	}
	return j.pass(overlapping, "%s sent to other processes and back, several at once", plural(len(elsewhere), "request"))
}
