package check

import (
	"cmp"
	"iter"
	"slices"

	"github.com/iospec/iospec/trace"
)

// CreateCtlWait: an epoll server makes an instance, adds the listener and each connection to it, and waits on that
// instance in a loop; nothing else waits for the connections.
//
// A connection must be added before the thread that accepted it sleeps in a wait again, unless it was handed to another
// thread or closed by then. A mere look, as event loops take with work still in their queue, is no sleep.
func CreateCtlWait(rec *trace.Recording) Finding {
	j := judge{rec,
		"epoll_create, then epoll_ctl ADD for the listener and each connection, then epoll_wait on that instance in a loop",
		"create, add, wait, in this order, on one instance"}
	if f := j.waitsWith(trace.FamilyWait); f != nil {
		return *f
	}
	for _, w := range rec.Waits() {
		if w.Set.Family != trace.FamilyWait && w.Degree > 0 && sleeps(w.Call) {
			return j.fail([]*trace.Call{w.Call}, "connections are waited for with %s, too", w.Call.Name)
		}
	}
	var shown []*trace.Call
	for _, s := range reactorSets(rec) {
		create := j.created(s)
		switch {
		case create == nil:
			return j.unclear("%s was made before the recording began", s.ID)
		case len(s.Waits) < 2:
			return j.unclear("%s was waited on once only", s.ID)
		case len(s.Ctls) == 0 || s.Ctls[0].Enter < create.Exit:
			return j.fail([]*trace.Call{create, s.Waits[0].Call}, "%s was waited on before anything was added", s.ID)
		}
		if shown == nil {
			shown = []*trace.Call{create, s.Ctls[0], s.Waits[0].Call, s.Waits[1].Call}
		}
	}
	if f := j.listenerAdded(); f != nil {
		return *f
	}
	added := addedTo(rec)
	for _, c := range rec.Connections() {
		late := j.waitedWithout(c, added[c.Object])
		if late != nil {
			return j.fail([]*trace.Call{c.Accept, late, firstCtl(added[c.Object])},
				"thread %d accepted %s and waited without having added it", late.TID, c.Name)
		}
		if ctl := firstCtl(added[c.Object]); ctl != nil && len(shown) < 5 {
			shown = append(shown, c.Accept, ctl)
		}
	}
	return j.pass(shown, "%s added to %s", plural(len(added), "connection"), plural(len(reactorSets(rec)), "instance"))
}

// created finds the call that made the instance.
func (j judge) created(s *trace.WaitSet) *trace.Call {
	i := slices.IndexFunc(j.Calls, func(c *trace.Call) bool {
		return c.Family == trace.FamilyEpoll && slices.ContainsFunc(c.Made, func(fd trace.FD) bool { return string(fd.Object) == s.ID })
	})
	if i < 0 {
		return nil
	}
	return j.Calls[i]
}

// listenerAdded finds that no instance watches a listener although it was accepted from.
func (j judge) listenerAdded() *Finding {
	i := slices.IndexFunc(j.Calls, func(c *trace.Call) bool { return c.Family == trace.FamilyAccept && j.Listens(c.Object) })
	if i < 0 {
		return nil
	}
	watched := slices.ContainsFunc(j.WaitSets(), func(s *trace.WaitSet) bool {
		return s.Family == trace.FamilyWait && slices.ContainsFunc(j.Listeners(), func(o trace.Object) bool { return covers(s, o) })
	})
	if watched {
		return nil
	}
	f := j.fail([]*trace.Call{j.Calls[i]}, "the listener was never added to an instance")
	return &f
}

// addedTo gathers the memberships of each connection, over all instances, by their beginning.
func addedTo(rec *trace.Recording) map[trace.Object][]trace.Watch {
	all := map[trace.Object][]trace.Watch{}
	for _, s := range rec.WaitSets() {
		for _, w := range s.Watched {
			if rec.Connection(w.Object) != nil {
				all[w.Object] = append(all[w.Object], w)
			}
		}
	}
	for _, ws := range all {
		slices.SortStableFunc(ws, func(a, b trace.Watch) int { return int(a.Ctl.Seq - b.Ctl.Seq) })
	}
	return all
}

func firstCtl(ws []trace.Watch) *trace.Call {
	if len(ws) == 0 {
		return nil
	}
	return ws[0].Ctl
}

// waitedWithout finds the wait that the acceptor of c entered while c, its own, stood in no instance.
func (j judge) waitedWithout(c *trace.Connection, added []trace.Watch) *trace.Call {
	if c.Accept == nil {
		return nil
	}
	owners := threads(c, isIO)
	if len(owners) > 0 && owners[0] != c.Accept.TID {
		return nil
	}
	if len(added) > 0 && added[0].Ctl.TID != c.Accept.TID {
		return nil
	}
	_, closed := lifetime(c)
	closed = min(closed, stopped(j.Recording))
	calls := j.Thread(c.Accept.TID)
	from, _ := slices.BinarySearchFunc(calls, c.Accept.Seq+1, func(c *trace.Call, seq int64) int { return int(c.Seq - seq) })
	for _, call := range calls[from:] {
		switch {
		case len(added) > 0 && call.Seq >= added[0].Ctl.Seq, call.Enter >= closed:
			return nil
		case call.Family == trace.FamilyWait && sleeps(call):
			if len(added) == 0 && len(owners) == 0 {
				return nil // nobody ever touched it: it may have been handed on
			}
			return call
		}
	}
	return nil
}

// renewals is how often a connection may be registered again as it was before that counts as not kept.
const renewals = 3

// InterestKeptInKernel: the kernel keeps what the server is interested in; a connection is added once, and nothing is
// registered again for the sake of the next wait.
//
// What counts is registering anew what already stood: a MOD that changes neither events nor data, or a DEL followed by
// an ADD with the same events and no wait in between, while the connection lives. A MOD that changes the events, or a
// DEL that lasts for a wait, as back-pressure needs them, passes on a change; re-arming after EPOLLONESHOT is that
// mode's own way. Both are only counted.
func InterestKeptInKernel(rec *trace.Recording) Finding {
	j := judge{rec, "one epoll_ctl ADD for each connection, and none for each wait", "the registration left alone between waits"}
	if f := j.waitsWith(trace.FamilyWait); f != nil {
		return *f
	}
	adds, changes, waits := 0, 0, 0
	for _, s := range reactorSets(rec) {
		waits += len(s.Waits)
	}
	var example []*trace.Call
	for c, in := range j.memberships() {
		watches, again := in.watches, in.renewed()
		if len(again) >= renewals {
			return j.fail(first(again, 6), "%s was registered again as it was, %d times, in %s", c.Name, len(again), plural(waits, "wait"))
		}
		for i, w := range watches {
			if i == 0 {
				adds++
			} else {
				changes++
			}
			if len(example) < 3 {
				example = append(example, w.Ctl)
			}
		}
	}
	return j.pass(example, "%s added, %s, in %s", plural(adds, "connection"), plural(changes, "change"), plural(waits, "wait"))
}

// registered is what a connection was registered for in an instance.
type registered struct {
	set     *trace.WaitSet
	watches []trace.Watch
}

// memberships goes through the connections with what each was registered for, in the instance that had it most often.
func (j judge) memberships() iter.Seq2[*trace.Connection, registered] {
	most := map[trace.Object]registered{}
	for _, s := range reactorSets(j.Recording) {
		here := map[trace.Object][]trace.Watch{}
		for _, w := range s.Watched {
			here[w.Object] = append(here[w.Object], w)
		}
		for o, ws := range here {
			if len(ws) > len(most[o].watches) {
				most[o] = registered{s, ws}
			}
		}
	}
	return func(yield func(*trace.Connection, registered) bool) {
		for _, c := range j.Connections() {
			if !yield(c, most[c.Object]) {
				return
			}
		}
	}
}

// renewed lists the calls that registered what had stood already.
func (r registered) renewed() []*trace.Call {
	var again []*trace.Call
	for i := 1; i < len(r.watches); i++ {
		was, is := r.watches[i-1], r.watches[i]
		same := is.Events&trace.OneShot == 0 && is.Events == was.Events && is.Data == was.Data
		if same && !r.waited(was.Until, is.From) {
			again = append(again, is.Ctl)
		}
	}
	return again
}

// waited reports whether a wait was entered in between.
func (r registered) waited(from, until trace.Time) bool {
	i, _ := slices.BinarySearchFunc(r.set.Waits, from, func(w *trace.Wait, at trace.Time) int { return cmp.Compare(w.Call.Enter, at) })
	return i < len(r.set.Waits) && r.set.Waits[i].Call.Enter < until
}
