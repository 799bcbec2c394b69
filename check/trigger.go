package check

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// LevelTriggered: the connections are registered without EPOLLET, or watched by select or poll, which know no other
// mode.
func LevelTriggered(rec *trace.Recording) Finding {
	j := judge{rec, "connections watched level-triggered", "registration without EPOLLET"}
	return j.registered(0, "level-triggered")
}

// EdgeTriggered: the connections are registered with EPOLLET.
func EdgeTriggered(rec *trace.Recording) Finding {
	j := judge{rec, "connections registered edge-triggered (EPOLLET)", "EPOLLET in the epoll_ctl of each connection"}
	return j.registered(trace.Edge, "edge-triggered")
}

// registered judges in which mode connections are watched; want is trace.Edge or 0.
func (j judge) registered(want uint32, mode string) Finding {
	if len(j.Connections()) == 0 {
		return j.unclear("the server had none of the tester's connections")
	}
	n := 0
	var example, against []*trace.Call
	for _, s := range j.WaitSets() {
		for _, w := range s.Watched {
			switch {
			case j.Connection(w.Object) == nil:
			case w.Events&trace.Edge != want:
				against = append(against, w.Ctl)
			default:
				n++
				example = append(example, w.Ctl)
			}
		}
	}
	switch {
	case len(against) > 0:
		return j.fail(first(against, 3), "%s not %s", plural(len(against), "registration"), mode)
	case n > 0:
		return j.pass(first(example, 3), "%s %s", plural(n, "registration"), mode)
	case openAtOnce(j.Recording) < 2:
		return j.unclear("never were two clients connected at the same time")
	}
	return j.unregistered(want, mode)
}

// unregistered judges a server that added no connection to an instance: select and poll are level-triggered, anything
// else is in no mode at all.
func (j judge) unregistered(want uint32, mode string) Finding {
	for _, family := range []trace.Family{trace.FamilySelect, trace.FamilyPoll} {
		calls, most := j.widest(family)
		switch {
		case most < 2:
		case want == 0:
			return j.pass(calls, "%s, which is always %s", calls[0].Name, mode)
		default:
			return j.fail(calls, "%s, which is always level-triggered", calls[0].Name)
		}
	}
	calls, what := j.waitsInstead("")
	return j.fail(calls, "no connection was registered; %s", what)
}

// LevelMayReadOnce: a level-triggered server need not read until nothing is left. What it leaves is reported again.
//
// It is shown by a read that filled its buffer, after which the thread waited and was told of the connection again;
// and nothing is lost by it. It is broken when the connections are edge-triggered, or when a client of which a read
// took a part is not answered rightly.
func LevelMayReadOnce(rec *trace.Recording) Finding {
	j := judge{rec,
		"what one read leaves to be reported by the next wait, and nothing to be lost by it",
		"level-triggered registration, and an answer to each request that was read in part"}
	if f := LevelTriggered(rec); f.Outcome != Pass {
		f.Expected, f.Acquit = j.expected, j.acquit
		return f
	}
	if f := j.lost(); f != nil {
		return *f
	}
	partly, shown, filled := j.leftAndReported()
	switch {
	case partly > 0:
		return j.pass(shown, "%d times a full read was followed by a wait that reported the connection again", partly)
	case filled > 0:
		return j.unclear("the server reads until nothing is left; it would have to leave something once")
	}
	return j.unclear("no request was larger than the buffer it was read into")
}

// lost finds a client that was not answered rightly although, or because, the server read it in part.
func (j judge) lost() *Finding {
	for _, c := range j.Connections() {
		if c.Client == nil || unanswered(c.Client) == "" {
			continue
		}
		part := slices.IndexFunc(c.Calls, full)
		if part < 0 {
			continue
		}
		f := j.fail([]*trace.Call{c.Accept, c.Calls[part], lastRead(c)}, "%s was read in part, and the rest was lost", c.Name).
			told("%s: %s", j.client(c.Client), unanswered(c.Client))
		return &f
	}
	return nil
}

func lastRead(c *trace.Connection) *trace.Call {
	for _, call := range slices.Backward(c.Calls) {
		if isRead(call) && !interrupted(call) {
			return call
		}
	}
	return nil
}

// leftAndReported counts the full reads after which the connection was reported again before it was read again, and
// gives the first such read, wait and read. filled counts full reads of any kind.
func (j judge) leftAndReported() (partly int, shown []*trace.Call, filled int) {
	left := map[*trace.Connection]*trace.Call{}     // the full read
	reported := map[*trace.Connection]*trace.Call{} // the wait that reported it again
	for _, s := range stops(j.Recording) {
		if w := j.Wait(s.call); w != nil && !s.enter {
			for _, c := range naming(j.Recording, w) {
				if left[c] != nil && left[c].Seq < s.call.Seq {
					reported[c] = s.call
				}
			}
			continue
		}
		c := j.Connection(s.call.Object)
		if c == nil || !s.enter || !isRead(s.call) {
			continue
		}
		if wait := reported[c]; wait != nil && brought(s.call) {
			if partly++; partly == 1 {
				shown = []*trace.Call{left[c], wait, s.call}
			}
		}
		delete(left, c)
		delete(reported, c)
		if full(s.call) {
			filled++
			left[c] = s.call
		}
	}
	return partly, shown, filled
}
