package check

import (
	"fmt"
	"slices"

	"github.com/iospec/iospec/trace"
)

// UsesSelect, UsesPoll and UsesEpoll: it is this call that waits for the connections. The name of a call tells nothing
// (many programs poll a single descriptor, or make an epoll instance for a timer): what counts is a wait that covers
// two of the tester's connections at least, and that it is what the connections are reported by.
func UsesSelect(rec *trace.Recording) Finding { return uses(rec, trace.FamilySelect, "select") }
func UsesPoll(rec *trace.Recording) Finding   { return uses(rec, trace.FamilyPoll, "poll") }
func UsesEpoll(rec *trace.Recording) Finding  { return uses(rec, trace.FamilyWait, "epoll_wait") }

func uses(rec *trace.Recording, family trace.Family, name string) Finding {
	j := judge{rec, name + " to wait for the connections, for several in one call", "one " + name + " call that covers two connections"}
	if f := j.waitsWith(family); f != nil {
		return *f
	}
	calls, most := j.widest(family)
	return j.pass(calls, "%s for up to %s at once", name, plural(most, "connection"))
}

// waitsWith finds that the server does not wait for its connections with this family. It is nil when it does; a
// failure shows what it waits with instead.
func (j judge) waitsWith(family trace.Family) *Finding {
	open := openAtOnce(j.Recording)
	_, most := j.widest(family)
	var f Finding
	switch {
	case len(j.Connections()) == 0:
		f = j.unclear("the server had none of the tester's connections")
	case most >= 2 && j.reports(family):
		return nil
	case most >= 2 && !slices.ContainsFunc(j.Calls, func(c *trace.Call) bool { return brought(c) && j.Connection(c.Object) != nil }):
		f = j.unclear("nobody sent anything")
	case open < 2:
		f = j.unclear("never were two clients connected at the same time")
	default:
		calls, what := j.waitsInstead(family)
		j.acquit = "waits of the " + string(family) + " family that cover and report the connections"
		f = j.fail(calls, "with up to %s open, %s", plural(open, "connection"), what)
	}
	return &f
}

// reports tells whether any wait of the family ever reported a connection. A set that watches and never reports is a
// sham.
func (j judge) reports(family trace.Family) bool {
	return slices.ContainsFunc(j.Waits(), func(w *trace.Wait) bool {
		return w.Set.Family == family && len(naming(j.Recording, w)) > 0
	})
}

var demultiplexers = []trace.Family{trace.FamilySelect, trace.FamilyPoll, trace.FamilyWait}

// widest finds how many connections a wait of the family covers at most, and three of the waits that cover most.
func (j judge) widest(family trace.Family) (calls []*trace.Call, most int) {
	var waits []*trace.Wait
	for _, w := range j.Waits() {
		if w.Set.Family == family && w.Degree > 0 {
			waits = append(waits, w)
		}
	}
	slices.SortStableFunc(waits, func(a, b *trace.Wait) int { return b.Degree - a.Degree })
	for _, w := range first(waits, 3) {
		calls = append(calls, w.Call)
		most = max(most, w.Degree)
	}
	return calls, most
}

// waitsInstead finds what the server really waits for its connections with: another family, a ring, or each
// connection on its own.
func (j judge) waitsInstead(family trace.Family) (calls []*trace.Call, what string) {
	for _, other := range demultiplexers {
		if other == family {
			continue
		}
		if calls, most := j.widest(other); most >= 2 {
			return calls, fmt.Sprintf("it waits with %s, for up to %d at once", calls[0].Name, most)
		}
	}
	for _, c := range j.Calls {
		if c.Ring != nil && len(c.Ring.Submitted) > 0 {
			calls = append(calls, c)
		}
	}
	if len(calls) > 0 {
		return first(calls, 3), "it waits with " + calls[0].Name
	}
	return j.waitsSingly(), "each is waited for on its own"
}

// waitsSingly takes the first reads that were not told of their connection beforehand.
func (j judge) waitsSingly() []*trace.Call {
	var calls []*trace.Call
	for _, c := range first(j.Connections(), 5) {
		for _, call := range c.Calls {
			if isRead(call) {
				calls = append(calls, call)
				break
			}
		}
	}
	return calls
}
