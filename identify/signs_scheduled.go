package identify

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/iospec/iospec/trace"
)

// scheduled: connections have no thread of their own, and yet it is not the wait that decides who reads. A runtime's task reads
// as soon as it runs, and only then has its connection waited for; and who is told that a connection is ready wakes its task,
// which another thread may run. Whichever thread has nothing to run waits for all, or one that does nothing but that. A reactor
// with workers that read has one thread that waits, and it is told of a connection before anybody else reads it.
func scheduled(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	if len(s.sets) == 0 {
		return no(nil, "nobody waits for several connections")
	}
	reports := s.reports()
	turns := s.waitInTurns(reports)
	if turns.answer == Yes {
		return turns
	}
	if summoned := s.summoned(reports); summoned.answer == Yes {
		return summoned
	}
	eager, _, _, shown := s.untold(reports)
	aside, all := s.onlyWait(), fmt.Sprintf("%d of %s read before anybody was told of it", eager, plural(len(s.conns), "connection"))
	switch own, others := s.begins(reports); {
	case 2*eager >= len(s.conns) && len(aside) > 0:
		return yes(append(s.oneWaitEach(), shown...), "%s; waited for by %s, served by others, who accept, too", all, threadList(aside))
	case len(aside) > 0:
		return unknown(loadBusy, "waited for by %s, served by others, who accept, too, when they are told: tasks of a runtime, or workers; %s", threadList(aside), all)
	case 2*eager >= len(s.conns) && own > 0 && !hardlyAny(others, own+others) && !hardlyAny(own, own+others):
		return yes(append(s.oneWaitEach(), shown...), "%s: %d by a thread that waits for it, %d by another", all, own, others)
	case 2*eager >= len(s.conns) && own > 0 && others > 0:
		return unknown(loadBusy, "%s: %d by a thread that waits for it, %d by another", all, own, others)
	}
	return turns
}

// summoned: a thread that waits for clients and connections alike serves, and is told of new clients, whom another thread
// accepts that waits for nobody. A reactor accepts them itself, since it knows first; here the task that accepts has its place on
// another thread.
func (s *survey) summoned(reports map[trace.Object][]told) reply {
	n, accepted := 0, 0
	var shown []*trace.Call
	for _, c := range s.conns {
		if c.Accept == nil {
			continue
		}
		accepted++
		list := reports[c.Accept.Object]
		i := lastBefore(list, c.Accept.Enter)
		if i < 0 || list[i].call.TID != c.owner() || !c.waiters[c.owner()] || slices.ContainsFunc(list, func(t told) bool { return t.call.TID == c.Accept.TID }) {
			continue
		}
		if n++; n <= 3 {
			shown = append(shown, list[i].call, c.Accept)
		}
	}
	return or(nearlyAll(n, accepted), shown, "%d of %s accepted by a thread that waits for nobody, when the one that serves was told of them", n, plural(accepted, "connection"))
}

// begins counts the connections of which the first read was made before anybody was told of them: by a thread that waits for the
// connection, and by another one. A reactor may try to read whom it has just accepted, and a worker may, but hardly both.
func (s *survey) begins(reports map[trace.Object][]told) (own, others int) {
	for _, c := range s.conns {
		i := slices.IndexFunc(c.io, func(call *trace.Call) bool { return call.Family == trace.FamilyRead })
		switch {
		case len(c.waiters) == 0 || i < 0 || lastBefore(reports[c.Object], c.io[i].Enter) >= 0:
		case c.waiters[c.io[i].TID]:
			own++
		default:
			others++
		}
	}
	return own, others
}

// waitInTurns: several threads wait on one set, and who is told is not who reads.
func (s *survey) waitInTurns(reports map[trace.Object][]told) reply {
	most := slices.MaxFunc(s.sets, func(a, b set) int { return cmp.Compare(len(a.waiters), len(b.waiters)) })
	if len(most.waiters) < 2 {
		return no(s.oneWaitEach(), "one thread waits on each set")
	}
	asked, shared := s.shared()
	if hardlyAny(len(shared), len(asked)) {
		return no(nil, "%d of %s that asked several times were touched by several threads", len(shared), plural(len(asked), "connection"))
	}
	eager, reads, elsewhere, shown := s.untold(reports)
	text := fmt.Sprintf("%d of %s read before anybody was told of it; %d of %s by another thread than was told", eager, plural(len(s.conns), "connection"), elsewhere, plural(reads, "read"))
	return or(2*eager >= len(s.conns) || !hardlyAny(elsewhere, reads), shown, "%s", text)
}

// onlyWait lists the threads that wait for nearly all connections and do nothing else for clients, while threads that accept
// also read and write. It is empty where somebody accepts for others: for workers, or for the one that waits.
func (s *survey) onlyWait() []int {
	busy, both := map[int]bool{}, false
	for tid := range s.accepts {
		busy[tid] = true
	}
	for _, c := range s.conns {
		for _, tid := range c.threads {
			busy[tid] = true
			both = both || len(s.accepts[tid]) > 0
		}
	}
	aside := slices.DeleteFunc(s.waiting(), func(tid int) bool { return busy[tid] })
	covered, watched := 0, 0
	for _, c := range s.conns {
		if len(c.waiters) == 0 {
			continue // it may have been read and answered with no wait at all
		}
		covered++
		if slices.ContainsFunc(aside, func(tid int) bool { return c.waiters[tid] }) {
			watched++
		}
	}
	if both && nearlyAll(watched, covered) {
		return aside
	}
	return nil
}

// told is a report of a connection, to a thread.
type told struct {
	at   trace.Time
	call *trace.Call
}

// reports lists who was told when of each connection, in order.
func (s *survey) reports() map[trace.Object][]told {
	all := map[trace.Object][]told{}
	for _, w := range s.rec.Waits() {
		for _, r := range w.Reports {
			if r.Events&(trace.In|trace.Hup|trace.Rdhup|trace.Err) != 0 {
				all[r.Object] = append(all[r.Object], told{w.Call.Exit, w.Call})
			}
		}
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b told) int { return cmp.Compare(a.at, b.at) })
	}
	return all
}

// untold counts the connections that were read before anybody was told of them, and the reads whose thread was not the
// last one that was told.
func (s *survey) untold(reports map[trace.Object][]told) (eager, reads, elsewhere int, shown []*trace.Call) {
	for _, c := range s.conns {
		list := reports[c.Object]
		begun := false
		for _, call := range c.io {
			if call.Family != trace.FamilyRead {
				continue
			}
			i := lastBefore(list, call.Enter)
			if !begun && i < 0 {
				eager++
			}
			begun = true
			if i < 0 || !brought(call) {
				continue
			}
			if reads++; list[i].call.TID != call.TID {
				if elsewhere++; len(shown) < 6 {
					shown = append(shown, list[i].call, call)
				}
			}
		}
	}
	return eager, reads, elsewhere, shown
}

// lastBefore gives the index of the last report before that time, or -1.
func lastBefore(list []told, at trace.Time) int {
	i, _ := slices.BinarySearchFunc(list, at, func(t told, at trace.Time) int { return cmp.Compare(t.at, at) })
	return i - 1
}
