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
// with workers that read has one thread that waits, and it is told of a connection before anybody reads it.
func scheduled(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	if len(s.sets) == 0 {
		return no(nil, "nobody waits for several connections")
	}
	turns, aside := s.waitInTurns(), s.onlyWait()
	if turns.answer == Yes || len(aside) == 0 {
		return turns
	}
	eager, _, _, shown := s.untold()
	text := fmt.Sprintf("waited for by %s, served by others, who accept, too; %d of %s read before anybody was told of it", threadList(aside), eager, plural(len(s.conns), "connection"))
	if 2*eager >= len(s.conns) {
		return yes(append(s.oneWaitEach(), shown...), "%s", text)
	}
	return unknown(loadBusy, "%s: tasks of a runtime, or workers that are handed each event", text)
}

// waitInTurns: several threads wait on one set, and who is told is not who reads.
func (s *survey) waitInTurns() reply {
	most := slices.MaxFunc(s.sets, func(a, b set) int { return cmp.Compare(len(a.waiters), len(b.waiters)) })
	if len(most.waiters) < 2 {
		return no(s.oneWaitEach(), "one thread waits on each set")
	}
	asked, shared := s.shared()
	if hardlyAny(len(shared), len(asked)) {
		return no(nil, "%d of %s that asked several times were touched by several threads", len(shared), plural(len(asked), "connection"))
	}
	eager, reads, elsewhere, shown := s.untold()
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

// untold counts the connections that were read before anybody was told of them, and the reads whose thread was not the
// last one that was told.
func (s *survey) untold() (eager, reads, elsewhere int, shown []*trace.Call) {
	reports := map[trace.Object][]told{}
	for _, w := range s.rec.Waits() {
		for _, r := range w.Reports {
			if r.Events&(trace.In|trace.Hup|trace.Rdhup|trace.Err) != 0 {
				reports[r.Object] = append(reports[r.Object], told{w.Call.Exit, w.Call})
			}
		}
	}
	for _, c := range s.conns {
		list := reports[c.Object]
		slices.SortFunc(list, func(a, b told) int { return cmp.Compare(a.at, b.at) })
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
