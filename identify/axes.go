package identify

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// demultiplexers by the family that waits.
var demultiplexers = map[trace.Family]string{
	trace.FamilySelect: "select", trace.FamilyPoll: "poll", trace.FamilyWait: "epoll", trace.FamilyRing: "io_uring",
}

// demultiplexer is the call that waits for nearly all connections, "" when there is none, or when several do.
func demultiplexer(s *survey) string {
	if kernelOperates(s).answer == Yes {
		return "io_uring"
	}
	if waitsForMany(s).answer != Yes {
		return ""
	}
	word := demultiplexers[s.sets[0].family]
	for _, one := range s.sets {
		if demultiplexers[one.family] != word {
			return ""
		}
	}
	return word
}

// trigger is how nearly all connections are registered. select and poll know level alone. One-shot comes first: who asks
// for one report is told once in either mode.
func trigger(s *survey) string {
	if waitsForMany(s).answer != Yes {
		return ""
	}
	n := map[string]int{}
	all := 0
	for _, one := range s.sets {
		if one.family == trace.FamilySelect || one.family == trace.FamilyPoll {
			n["level"]++
			all++
		}
	}
	n["oneshot"], n["edge"], all = s.rings.asked-s.rings.multi, s.rings.multi, all+s.rings.asked
	for _, ws := range s.rec.WaitSets() {
		for _, w := range ws.Watched {
			if s.rec.Connection(w.Object) == nil {
				continue
			}
			all++
			n[registered(w.Events)]++
		}
	}
	return prevailing(n, all)
}

// registered is the trigger that the events of an epoll registration ask for.
func registered(events uint32) string {
	switch {
	case events&trace.OneShot != 0:
		return "oneshot"
	case events&trace.Edge != 0:
		return "edge"
	default:
		return "level"
	}
}

// prevailing is the trigger by which nearly all connections are registered, "" if there is none.
func prevailing(n map[string]int, all int) string {
	for _, word := range []string{"oneshot", "edge", "level"} {
		if nearlyAll(n[word], all) {
			return word
		}
	}
	return ""
}

// handsOver are the architectures in which one who accepts hands connections to others that were there before.
var handsOver = []string{"multi-reactor-threads", "multi-reactor-processes", "process-pool", "thread-pool"}

// operated are those in which accepting is an operation like others, performed by the kernel or by whichever helper is free.
var operated = []string{"proactor", "emulated-proactor"}

// accepting says how accepting is shared. Where tasks move between threads it is judged by process. It is "" where only one
// could accept, who serves or makes those who do.
func accepting(s *survey, architecture string) string {
	if slices.Contains(operated, architecture) {
		return ""
	}
	who := func(tid, _ int) int { return tid }
	if architecture == "managed-runtime" {
		who = func(_, pid int) int { return pid }
	}
	a := acceptersOf(s, who)
	switch {
	case len(a.all) >= 2:
		return a.shares(s)
	case len(a.all) == 1 && slices.Contains(handsOver, architecture) && s.apart():
		return "accept-main"
	}
	return ""
}

// apart reports whether those who accept serve nobody.
func (s *survey) apart() bool {
	own, all := s.kept(func(tid int) int { return tid })
	return own == 0 && all > 0
}

// kept counts the connections that were served by whoever accepted them, thread or process, of those of which both is known.
func (s *survey) kept(who func(tid int) int) (own, all int) {
	for _, c := range s.conns {
		if c.Accept == nil || len(c.threads) == 0 {
			continue
		}
		all++
		if slices.ContainsFunc(c.threads, func(tid int) bool { return who(tid) == who(c.Accept.TID) }) {
			own++
		}
	}
	return own, all
}

// accepters are those who could accept: who waits for a listener, or calls accept.
type accepters struct {
	all     map[int]bool
	waiting map[int][]trace.Object // the listeners that each waits for
	calls   []attempt              // accepts, by their beginning
}

type attempt struct {
	who  int
	call *trace.Call
}

func acceptersOf(s *survey, who func(tid, pid int) int) accepters {
	a := accepters{all: map[int]bool{}, waiting: map[int][]trace.Object{}}
	for _, l := range s.lookouts {
		w := who(l.TID, l.PID)
		a.all[w] = true
		if !slices.Contains(a.waiting[w], l.Listener) {
			a.waiting[w] = append(a.waiting[w], l.Listener)
		}
	}
	for _, c := range s.rec.Calls {
		if c.Family == trace.FamilyAccept && s.rec.Listens(c.Object) && c.Enter < s.stop {
			w := who(c.TID, c.PID)
			a.all[w] = true
			a.calls = append(a.calls, attempt{w, c})
			if !slices.Contains(a.waiting[w], c.Object) {
				a.waiting[w] = append(a.waiting[w], c.Object)
			}
		}
	}
	slices.SortFunc(a.calls, func(x, y attempt) int { return cmp.Compare(x.call.Enter, y.call.Enter) })
	return a
}

// shares tells in which of the ways several share the accepting.
func (a accepters) shares(s *survey) string {
	switch {
	case a.sharded():
		return "accept-sharded"
	case len(s.lookouts) == 0 && a.taking():
		return "accept-lock"
	case len(s.lookouts) == 0:
		return "accept-shared"
	}
	for _, word := range []string{"accept-lock", "accept-exclusive"} {
		if check.ByTrait[word](s.rec).Outcome == check.Pass {
			return word
		}
	}
	return "accept-shared"
}

// sharded reports whether each has a listener of its own.
func (a accepters) sharded() bool {
	owner := map[trace.Object]int{}
	for who, listeners := range a.waiting {
		for _, l := range listeners {
			if other, taken := owner[l]; taken && other != who {
				return false
			}
			owner[l] = who
		}
	}
	return true
}

// taking reports whether those who block in accept take turns: with nothing to keep them apart, all who are idle are in
// accept at once.
func (a accepters) taking() bool {
	var last attempt
	turns := 0
	for _, one := range a.calls {
		if last.call != nil && one.who != last.who {
			if last.call.Exit == 0 || one.call.Enter < last.call.Exit {
				return false
			}
			turns++
		}
		if last.call == nil || last.call.Exit != 0 && one.call.Exit > last.call.Exit {
			last = one
		}
	}
	return turns >= 2
}
