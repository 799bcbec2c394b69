package identify

import (
	"cmp"
	"maps"
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// ownProcess: whoever serves a connection was made by the process that accepted it, after the accept, and serves no
// other. There may be two for one connection, and they may execute another program.
func ownProcess(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	by := s.serving()
	own := 0
	var shown, against *conn
	for _, c := range s.conns {
		if s.madeFor(c, by) {
			own++
			shown = c
		} else {
			against = c
		}
	}
	switch {
	case nearlyAll(own, len(s.conns)):
		return yes(shown.firstIO(), "%d of %s are each served by a process that its acceptor made for it", own, plural(len(s.conns), "connection"))
	case against == nil:
		return no(nil, "no process makes a call on a connection")
	}
	return no(against.firstIO(), "%s served by %s, and %d of them by a process made for it", plural(len(s.conns), "connection"), plural(len(by), "process"), own)
}

func (s *survey) madeFor(c *conn, by map[int]int) bool {
	if c.Accept == nil || len(c.processes) == 0 {
		return false
	}
	for _, pid := range c.processes {
		t := s.leaders[pid]
		if t == nil || by[pid] > 1 || t.At < c.Accept.Enter || !check.Descends(s.rec, pid, c.Accept.PID) {
			return false
		}
	}
	return true
}

// severalProcesses: two serve. Where one serves and others could, the load may have been too light.
func severalProcesses(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	by := s.serving()
	var shown []*trace.Call
	seen := map[int]bool{}
	for _, c := range s.conns {
		for _, call := range c.io {
			if !seen[call.PID] {
				seen[call.PID] = true
				shown = append(shown, call)
			}
		}
	}
	if len(by) >= 2 {
		return yes(first(shown, 4), "%s serve", plural(len(by), "process"))
	}
	if others := s.standBy(by); len(others) > 0 {
		return unknown(LoadMore, "one process served everybody, and %s wait for clients, too", plural(len(others), "other"))
	}
	return no(shown, "one process serves all of %s", plural(len(s.conns)+s.rings.total(), "connection"))
}

// standBy lists the processes that could accept, and serve nobody: they wait for clients, or try to accept; or they have the
// listener, have not made it, and wait for something with a demultiplexer. A worker that has to do without the listener
// until its turn comes is one of these.
func (s *survey) standBy(serving map[int]int) []int {
	pids, waits := map[int]bool{}, map[int]bool{}
	for _, l := range s.lookouts {
		pids[l.PID] = true
	}
	for _, w := range s.rec.Waits() {
		waits[w.Call.PID] = true
	}
	var last trace.Time
	for _, c := range s.rec.Calls {
		if c.Family == trace.FamilyAccept && s.rec.Listens(c.Object) && c.Enter < s.stop {
			pids[c.PID] = true
			last = c.Enter
		}
	}
	for _, l := range s.rec.Listeners() {
		for _, h := range s.rec.Holdings(l) {
			if h.At(last) && waits[h.PID] && h.PID != check.Master(s.rec) {
				pids[h.PID] = true
			}
		}
	}
	maps.DeleteFunc(pids, func(pid int, _ bool) bool { return serving[pid] > 0 })
	return slices.Sorted(maps.Keys(pids))
}

// span is the part of a connection's life in which somebody made calls on it.
type span struct {
	c           *conn
	from, until trace.Time
	calls       []*trace.Call // the first and the last
}

// spans gives them by process or by thread, in the order of their beginning.
func (s *survey) spans(by func(*trace.Call) int) map[int][]span {
	all := map[int][]span{}
	for _, c := range s.conns {
		at := map[int]int{}
		for _, call := range c.io {
			who := by(call)
			i, known := at[who]
			if !known {
				i = len(all[who])
				at[who] = i
				all[who] = append(all[who], span{c: c, from: call.Enter, calls: []*trace.Call{call}})
			}
			one := &all[who][i]
			one.until = max(call.Enter, call.Exit)
			one.calls = append(one.calls[:1], call)
		}
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	}
	return all
}

// overlap finds a connection that is begun before the one before it has come to its end.
func overlap(list []span) []*trace.Call {
	for i := range list[:max(0, len(list)-1)] {
		if list[i+1].from < list[i].until {
			return append(slices.Clone(list[i].calls), list[i+1].calls...)
		}
	}
	return nil
}

// oneAtATime tells whether nearly all who serve serve one connection after another.
func oneAtATime(s *survey, by func(*trace.Call) int, who string) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	all := s.spans(by)
	if len(all) == 0 {
		return no(nil, "no %s makes a call on a connection", who)
	}
	mixed := 0
	var shown, against []*trace.Call
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if calls := overlap(all[id]); calls != nil {
			mixed++
			against = calls
		} else if len(shown) < 4 {
			shown = append(shown, all[id][0].calls...)
		}
	}
	if hardlyAny(mixed, len(all)) {
		return yes(shown, "%s, of which %d has connections in turn", plural(len(all), who), mixed)
	}
	return no(against, "%d of %s serves several connections in turn", mixed, plural(len(all), who))
}

func processOneAtATime(s *survey) reply {
	return oneAtATime(s, func(c *trace.Call) int { return c.PID }, "process")
}
