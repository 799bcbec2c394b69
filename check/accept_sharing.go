package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// lookout is one wait that would have told of a new client: it covered a listener. It lasts to the end of the accepts
// that followed it in its thread, since who shares a lock keeps it that long.
type lookout struct {
	call     *trace.Call
	listener trace.Object
	ctl      *trace.Call // by which the listener came into an epoll instance, else nil
	events   uint32
	until    trace.Time
	vain     bool // it reported the listener, and the accept that followed found nobody
}

// sentries is who waits for new clients, and how.
type sentries struct {
	judge
	lookouts []lookout           // by their beginning, until the server is stopped
	tids     map[int]lookout     // the first of each thread
	blind    map[int]*trace.Call // of those threads, a wait without the listener and without an end
	relieved int                 // waits of those threads without the listener
}

// vain counts wake-ups for clients that others had taken. The EAGAIN that ends a drain is none.
func (s sentries) vain() (n int) {
	for _, l := range s.lookouts {
		if l.vain {
			n++
		}
	}
	return n
}

// told is the herd in words.
func (s sentries) told() string {
	return fmt.Sprintf("%s for the listener by %s, %d of them in vain", plural(len(s.lookouts), "wait"), plural(len(s.tids), "thread"), s.vain())
}

func sentriesOf(j judge) sentries {
	s := sentries{judge: j, tids: map[int]lookout{}, blind: map[int]*trace.Call{}}
	stop := stopped(j.Recording)
	entries := listenerEntries(j.Recording)
	without := map[*trace.WaitSet][]*trace.Call{}
	for _, w := range j.Waits() {
		if w.Call.Enter >= stop {
			continue
		}
		l, ok := lookoutOf(j.Recording, w, entries[w.Set])
		if !ok {
			without[w.Set] = append(without[w.Set], w.Call)
			continue
		}
		l.until, l.vain = followUp(j.Recording, w)
		l.until = min(l.until, stop)
		s.lookouts = append(s.lookouts, l)
		if _, known := s.tids[w.Call.TID]; !known {
			s.tids[w.Call.TID] = l
		}
	}
	for set, calls := range without {
		for _, c := range calls {
			if _, keeps := s.tids[c.TID]; !keeps || len(entries[set]) == 0 {
				continue
			}
			s.relieved++
			if _, known := s.blind[c.TID]; !known && c.Timeout < 0 {
				s.blind[c.TID] = c
			}
		}
	}
	slices.SortFunc(s.lookouts, func(a, b lookout) int { return cmp.Compare(a.call.Enter, b.call.Enter) })
	return s
}

// listenerEntries lists the memberships of listeners in each epoll instance.
func listenerEntries(rec *trace.Recording) map[*trace.WaitSet][]trace.Watch {
	entries := map[*trace.WaitSet][]trace.Watch{}
	for _, set := range rec.WaitSets() {
		for _, w := range set.Watched {
			if rec.Listens(w.Object) {
				entries[set] = append(entries[set], w)
			}
		}
	}
	return entries
}

func lookoutOf(rec *trace.Recording, w *trace.Wait, entries []trace.Watch) (lookout, bool) {
	for _, e := range entries {
		if e.At(w.Call.Enter) {
			return lookout{call: w.Call, listener: e.Object, ctl: e.Ctl, events: e.Events}, true
		}
	}
	for _, p := range w.Call.Polls {
		if p.FD >= 0 && rec.Listens(p.Object) {
			return lookout{call: w.Call, listener: p.Object, events: p.Events}, true
		}
	}
	return lookout{}, false
}

// followUp tells when the thread has done with the listener after a wait, and whether it was woken for nothing.
func followUp(rec *trace.Recording, w *trace.Wait) (until trace.Time, vain bool) {
	if until = w.Call.Exit; until == 0 {
		return 1<<63 - 1, false
	}
	reported := slices.ContainsFunc(w.Reports, func(r trace.Report) bool { return rec.Listens(r.Object) })
	calls := rec.Thread(w.Call.TID)
	i, _ := slices.BinarySearchFunc(calls, w.Call.Seq, func(c *trace.Call, seq int64) int { return cmp.Compare(c.Seq, seq) })
	accepts := 0
	for _, c := range calls[min(i+1, len(calls)):] {
		if rec.Wait(c) != nil {
			break
		}
		if c.Family != trace.FamilyAccept {
			continue
		}
		if accepts++; accepts == 1 && reported {
			vain = c.Errno == "EAGAIN"
		}
		until = max(until, c.Exit)
	}
	return until, vain
}

// alone finds a server in which nobody but one task could accept. Where others could and did not, a light load may be
// the reason.
func (s sentries) alone() *Finding {
	accepted := slices.ContainsFunc(s.Connections(), func(c *trace.Connection) bool { return c.Accept != nil })
	var f Finding
	switch {
	case !accepted:
		f = s.unclear("no accept of a client was seen")
	case len(s.tids) >= 2:
		return nil
	case len(mayAccept(s.Recording)) >= 2:
		f = s.unclear("of %s that could accept one took everything: the load was too light", plural(len(mayAccept(s.Recording)), "process"))
	case len(s.tids) == 0:
		f = s.fail(firstAccepts(s.Recording), "no wait covers the listener: nobody waits but in accept itself")
	default:
		tid := slices.Collect(maps.Keys(s.tids))[0]
		f = s.fail(append(firstAccepts(s.Recording), s.tids[tid].call), "thread %d alone waits for the listener", tid)
	}
	return &f
}

// mayAccept lists the processes that accept, and those that still have a listener when the last client is accepted, but for
// the one that has made it: a master. (A child has it for a moment, too, before it executes its own program.)
func mayAccept(rec *trace.Recording) []int {
	may := map[int]bool{}
	var begun trace.Time
	for _, c := range rec.Connections() {
		if c.Accept != nil {
			may[c.Accept.PID] = true
			begun = max(begun, c.Accept.Enter)
		}
	}
	master := masterOf(rec)
	for _, l := range rec.Listeners() {
		for _, h := range rec.Holdings(l) {
			if h.PID != master && h.At(begun) {
				may[h.PID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(may))
}

// firstAccepts gives the first accept of each of some threads.
func firstAccepts(rec *trace.Recording) []*trace.Call {
	seen := map[int]bool{}
	var calls []*trace.Call
	for _, c := range rec.Connections() {
		if c.Accept != nil && !seen[c.Accept.TID] {
			seen[c.Accept.TID] = true
			calls = append(calls, c.Accept)
		}
	}
	return first(calls, 5)
}

// AcceptLock: several workers take turns to wait for the listener and to accept, as under a lock. The lock may be a word
// in shared memory, which is no call; what shows is that the listener moves between their sets, that no two of them
// wait for it at once, and that who has to do without it does not sleep for ever, since nobody tells it when its turn is.
func AcceptLock(rec *trace.Recording) Finding {
	s := sentriesOf(judge{rec, "workers that take turns to wait for the listener, one at a time, and come back for it in a limited time", "no two threads that wait for the listener at once, and a timeout on each wait without it"})
	if f := s.alone(); f != nil {
		return *f
	}
	last := s.lookouts[0]
	var turns []*trace.Call
	for _, l := range s.lookouts[1:] {
		if l.call.TID != last.call.TID {
			if l.call.Enter < last.until {
				return s.fail([]*trace.Call{last.ctl, last.call, l.ctl, l.call}, "threads %d and %d wait for the listener at once; %s", last.call.TID, l.call.TID, s.told())
			}
			turns = append(turns, last.call, l.call)
		}
		if l.until > last.until {
			last = l
		}
	}
	for _, tid := range slices.Sorted(maps.Keys(s.blind)) {
		return s.fail([]*trace.Call{s.tids[tid].ctl, s.tids[tid].call, s.blind[tid]}, "thread %d waits for ever without the listener: its next turn is left to chance", tid)
	}
	if s.relieved == 0 {
		return s.unclear("no wait without the listener was seen, so whether it moves is not known")
	}
	return s.pass(first(turns, 8), "the listener changed hands %d times, and never did two wait for it at once; %s", len(turns)/2, s.told())
}

// AcceptExclusive: several workers wait for one listener, each with EPOLLEXCLUSIVE, so that the kernel does not wake all.
func AcceptExclusive(rec *trace.Recording) Finding {
	s := sentriesOf(judge{rec, "one listener in several workers' instances, each time with EPOLLEXCLUSIVE", "EPOLLEXCLUSIVE in each registration of the listener, and two workers that have it"})
	if f := s.alone(); f != nil {
		return *f
	}
	shared := map[trace.Object]map[int]bool{}
	var adds []*trace.Call
	for _, l := range s.lookouts {
		if l.events&trace.Exclusive == 0 {
			return s.fail([]*trace.Call{l.ctl, l.call}, "thread %d waits for the listener without EPOLLEXCLUSIVE; %s", l.call.TID, s.told())
		}
		if shared[l.listener] == nil {
			shared[l.listener] = map[int]bool{}
		}
		shared[l.listener][l.call.TID] = true
		adds = append(adds, l.ctl)
	}
	for _, tids := range shared {
		if len(tids) >= 2 {
			return s.pass(first(slices.Compact(adds), 5), "EPOLLEXCLUSIVE in each registration; %s", s.told())
		}
	}
	return s.fail(first(slices.Compact(adds), 5), "no two workers wait for the same listener")
}

// AcceptSharded: each worker waits for a listener of its own (SO_REUSEPORT). Holding others' says nothing: a master has
// them all.
func AcceptSharded(rec *trace.Recording) Finding {
	s := sentriesOf(judge{rec, "a listener of its own for each worker that accepts", "several listeners on the one address, none of which two workers wait for"})
	if f := s.alone(); f != nil {
		return *f
	}
	owner := map[trace.Object]lookout{}
	var shown []*trace.Call
	for _, l := range s.lookouts {
		was, known := owner[l.listener]
		if known && was.call.TID != l.call.TID {
			return s.fail([]*trace.Call{was.ctl, was.call, l.ctl, l.call}, "threads %d and %d wait for the same listener, %s", was.call.TID, l.call.TID, rec.Name(l.listener))
		}
		if !known {
			owner[l.listener] = l
			shown = append(shown, l.ctl, l.call)
		}
	}
	return s.pass(first(shown, 8), "%s, each with one worker; %s", plural(len(owner), "listener"), s.told())
}
