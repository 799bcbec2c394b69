package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/iospec/iospec/trace"
)

// shape is what a recording says about the division of labour: who accepts, who waits, who owns which connection.
type shape struct {
	sets      []*trace.WaitSet    // reactor sets: those that covered two connections at once; one that is made anew counts once
	acceptors map[int]int         // connections accepted, by thread
	served    []*trace.Connection // those that were read or written
	readers   map[*trace.Connection][]int
	owners    map[*trace.Connection]int     // the one thread that reads and writes it; missing where there are several
	process   map[int]int                   // of each thread that takes part
	waiting   map[trace.Object]map[int]bool // the threads that waited on a set that covered it
}

func shapeOf(rec *trace.Recording) shape {
	s := shape{
		sets: judge{Recording: rec}.once(reactorSets(rec)), acceptors: map[int]int{}, readers: map[*trace.Connection][]int{},
		owners: map[*trace.Connection]int{}, process: map[int]int{}, waiting: waiting(rec),
	}
	for _, c := range rec.Connections() {
		if c.Accept != nil {
			s.acceptors[c.Accept.TID]++
		}
		tids := threads(c, isIO)
		if len(tids) == 0 {
			continue
		}
		s.served = append(s.served, c)
		s.readers[c] = tids
		if len(tids) == 1 {
			s.owners[c] = tids[0]
		}
	}
	for _, c := range rec.Calls {
		s.process[c.TID] = c.PID
	}
	return s
}

// owning lists the threads that own connections.
func (s shape) owning() []int {
	tids := map[int]bool{}
	for _, tid := range s.owners {
		tids[tid] = true
	}
	return slices.Sorted(maps.Keys(tids))
}

// parts lists the threads that own connections or accept.
func (s shape) parts() []int {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.owning(), s.accepting()))))
}

func (s shape) accepting() []int { return slices.Sorted(maps.Keys(s.acceptors)) }

// waitsFor reports whether the thread waited on a set that covered the connection.
func (s shape) waitsFor(tid int, c *trace.Connection) bool { return s.waiting[c.Object][tid] }

// waiting tells which threads waited on sets that covered an object.
func waiting(rec *trace.Recording) map[trace.Object]map[int]bool {
	by := map[trace.Object]map[int]bool{}
	for _, set := range rec.WaitSets() {
		tids := waiters(set)
		for o := range covered(set) {
			if rec.Connection(o) == nil {
				continue
			}
			if by[o] == nil {
				by[o] = map[int]bool{}
			}
			for _, tid := range tids {
				by[o][tid] = true
			}
		}
	}
	return by
}

// processes counts the processes of the threads.
func (s shape) processes(tids []int) int {
	pids := map[int]bool{}
	for _, tid := range tids {
		pids[s.process[tid]] = true
	}
	return len(pids)
}

// unexercised finds that a judgement of the architecture is not possible, or that it is not about threads at all.
func (j judge) unexercised(s shape) *Finding {
	var f Finding
	switch {
	case len(j.Connections()) == 0:
		f = j.unclear("the server had none of the tester's connections")
	case len(s.served) < 2:
		f = j.untouched("fewer than two connections were read or written")
	case openAtOnce(j.Recording) < 2:
		f = j.unclear("never were two clients connected at the same time")
	default:
		return nil
	}
	return &f
}

// untouched says that no thread reads or writes clients. Where operations on them are submitted to the kernel instead,
// more load would not change that.
func (j judge) untouched(missing string) Finding {
	if calls := submissions(j.Recording); len(calls) > 0 {
		return j.fail(first(calls, 6), "no thread reads or writes a client: the kernel does, as it was told in %s", plural(len(calls), "call"))
	}
	return j.unclear("%s", missing)
}

// SingleReactor: one thread waits on one set, accepts, and does all reading and writing. How many other threads and
// processes exist says nothing: runtimes have them, and servers keep some for the disk.
func SingleReactor(rec *trace.Recording) Finding {
	j := judge{rec, "one reactor: one thread that waits on one set, accepts, reads and writes", "all of it by one thread, through one set"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	byThread := clientCalls(rec)
	switch {
	case len(s.sets) == 0:
		return j.fail(j.waitsSingly(), "no wait covers two connections: each is waited for on its own")
	case len(byThread) > 1:
		return j.fail(oneOfEach(byThread), "%s did the clients' I/O", plural(len(byThread), "thread"))
	case len(s.sets) > 1:
		return j.fail(oneWaitEach(s.sets), "%s, each with several connections", plural(len(s.sets), "set"))
	}
	tid := slices.Collect(maps.Keys(byThread))[0]
	set := s.sets[0]
	if w := waiters(set); len(w) != 1 || w[0] != tid {
		return j.fail(append(oneWaitEach(s.sets), first(byThread[tid], 3)...), "%s waits on %s, thread %d does the I/O", threadList(w), set.ID, tid)
	}
	if len(s.acceptors) == 0 {
		return j.unclear("no accept of a client was seen")
	}
	if other := another(sentriesOf(j), tid); other != nil {
		return j.fail(append(firstAccepts(rec), other), "thread %d waits for the listener, too: had more clients come, it would have accepted some", other.TID)
	}
	shown := append([]*trace.Call{set.Waits[0].Call}, first(byThread[tid], 3)...)
	return j.pass(shown, "thread %d waits on %s, with up to %d connections, and accepts, reads and writes %d", tid, set.ID, degree(set), len(s.served))
}

// another finds a wait for the listener by another thread: one that would accept, too, whether or not it came to that.
func another(s sentries, tid int) *trace.Call {
	for _, other := range slices.Sorted(maps.Keys(s.tids)) {
		if other != tid {
			return s.tids[other].call
		}
	}
	return nil
}

func oneWaitEach(sets []*trace.WaitSet) []*trace.Call {
	var calls []*trace.Call
	for _, s := range first(sets, 5) {
		for _, w := range s.Waits {
			if w.Degree >= 2 {
				calls = append(calls, w.Call)
				break
			}
		}
	}
	return calls
}

func threadList(tids []int) string {
	var words []string
	for _, tid := range first(tids, 5) {
		words = append(words, fmt.Sprint(tid))
	}
	if len(tids) > 5 {
		words = append(words, fmt.Sprintf("%d more", len(tids)-5))
	}
	if len(tids) == 1 {
		return "thread " + words[0]
	}
	return "threads " + strings.Join(words, ", ")
}

// MultiReactorThreads: several reactors in one process, each in a thread of its own. Either a main one accepts and
// hands over, or each accepts for itself; one acceptor and one sub-reactor are several, too.
func MultiReactorThreads(rec *trace.Recording) Finding {
	return multiReactor(rec, "several reactors, each in a thread of one process", "two threads of a process that each wait for their own connections, or an accepting one and one that serves", func(s shape, tids []int) bool {
		return s.processes(tids) == 1
	})
}

// MultiReactorProcesses: several reactors, each in a process of its own.
func MultiReactorProcesses(rec *trace.Recording) Finding {
	return multiReactor(rec, "several reactors, each in a process of its own", "two processes that each wait for their own connections", func(s shape, tids []int) bool {
		return s.processes(tids) == len(tids)
	})
}

func multiReactor(rec *trace.Recording, expected, acquit string, spread func(shape, []int) bool) Finding {
	j := judge{rec, expected, acquit}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	if f := j.oneOwnerWhoWaits(s); f != nil {
		return *f
	}
	if len(s.sets) == 0 {
		return j.fail(j.waitsSingly(), "no wait covers two connections: each is waited for on its own")
	}
	if f := j.oneAlone(s); f != nil {
		return *f
	}
	parts := s.parts()
	if !spread(s, parts) {
		return j.fail(oneOfEach(clientCalls(rec)), "%s in %s", plural(len(parts), "thread"), plural(s.processes(parts), "process"))
	}
	return j.pass(oneWaitEach(s.sets), "%s, accepted by %s, served by %s through %s",
		plural(len(s.served), "connection"), threadList(s.accepting()), threadList(s.owning()), plural(len(s.sets), "set"))
}

// oneAlone finds that one thread has accepted and served everything. Where others could have accepted, that says nothing.
func (j judge) oneAlone(s shape) *Finding {
	parts := s.parts()
	if len(parts) > 1 {
		return nil
	}
	f := j.fail(oneOfEach(clientCalls(j.Recording)), "thread %d alone accepts and serves", parts[0])
	if another(sentriesOf(j), parts[0]) != nil || len(mayAccept(j.Recording)) >= 2 {
		f = j.unclear("thread %d took everything, and others could have accepted: the load was too light", parts[0])
	}
	return &f
}

// oneOwnerWhoWaits finds a connection that several threads touched, or whose only one does not wait for it.
func (j judge) oneOwnerWhoWaits(s shape) *Finding {
	for _, c := range s.served {
		owner, ok := s.owners[c]
		var f Finding
		switch {
		case !ok:
			f = j.fail(firstBy(c, s.readers[c]), "%s touched %s", threadList(s.readers[c]), c.Name)
		case !s.waitsFor(owner, c) && !j.unawaited(c):
			f = j.fail(append(firstBy(c, s.readers[c]), oneWaitEach(s.sets)...), "thread %d serves %s and does not wait for it", owner, c.Name)
		default:
			continue
		}
		return &f
	}
	return nil
}

// onlyRefused reports whether a connection got a word of refusal at most.
func onlyRefused(c *trace.Connection) bool { return len(threads(c, isRead)) == 0 }

// unawaited reports whether there was no occasion to wait for a connection: its client was refused; or it had sent all
// that it would, and its end, when the server first looked, so that one thread read it to the end, without blocking,
// before that thread waited again.
func (j judge) unawaited(c *trace.Connection) bool {
	if onlyRefused(c) {
		return true
	}
	var reads []*trace.Call
	for _, call := range c.Calls {
		if isRead(call) {
			reads = append(reads, call)
		}
	}
	first, last := reads[0], reads[len(reads)-1]
	if last.Result != 0 || last.Errno != "" || slices.ContainsFunc(reads, func(r *trace.Call) bool { return r.TID != first.TID || !r.Nonblock || r.Errno != "" }) {
		return false
	}
	return !slices.ContainsFunc(j.Waits(), func(w *trace.Wait) bool {
		return w.Call.TID == first.TID && w.Call.Seq > first.Seq && w.Call.Seq < last.Seq
	})
}

// firstBy takes the accept of the connection and the first read and the first write of each of the threads.
func firstBy(c *trace.Connection, tids []int) []*trace.Call {
	calls := []*trace.Call{c.Accept}
	for _, tid := range first(tids, 4) {
		for _, kind := range []func(*trace.Call) bool{isRead, isWrite} {
			i := slices.IndexFunc(c.Calls, func(call *trace.Call) bool { return call.TID == tid && kind(call) })
			if i >= 0 {
				calls = append(calls, c.Calls[i])
			}
		}
	}
	return calls
}
