package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// roused is one acceptor that was woken because a client came: its wait reported the listener, its accept returned, or its
// ring said that one was accepted.
type roused struct {
	who  string // a set, whoever waits on it; a thread that is blocked in accept; a ring
	call *trace.Call
}

// rousedBy lists who was woken for the listener's sake, until the server is stopped.
func rousedBy(rec *trace.Recording) []roused {
	var all []roused
	add := func(who string, c *trace.Call) {
		if c.Exit != 0 && c.Exit < stopped(rec) {
			all = append(all, roused{who, c})
		}
	}
	for _, w := range rec.Waits() {
		if slices.ContainsFunc(w.Reports, func(r trace.Report) bool { return rec.Listens(r.Object) }) {
			add(w.Set.ID, w.Call)
		}
	}
	for _, c := range rec.Calls {
		switch {
		case c.Family == trace.FamilyAccept && !c.Nonblock && rec.Listens(c.Object) && !interrupted(c):
			add(fmt.Sprintf("accept@%d", c.TID), c)
		case slices.ContainsFunc(rec.Completed(c), func(done trace.Completion) bool {
			return done.Of != nil && rec.Listens(done.Of.Object)
		}):
			add(string(c.Object), c)
		}
	}
	return all
}

// sleeper is a wait that would be woken by a client of the listener, as would all others that are not exclusive.
type sleeper struct {
	roused
	lookout
}

// sleepers lists the waits for a listener that are not exclusive.
func sleepers(rec *trace.Recording) []sleeper {
	var all []sleeper
	entries := listenerEntries(rec)
	for _, w := range rec.Waits() {
		if l, ok := lookoutOf(rec, w, entries[w.Set]); ok && l.events&trace.Exclusive == 0 && sleeps(w.Call) {
			all = append(all, sleeper{roused{w.Set.ID, w.Call}, l})
		}
	}
	return all
}

// asleepMark is what the exercise notes when it has seen the server asleep, and a client comes next.
const asleepMark = "asleep"

// comings lists the clients that came while the server slept, each with the time from which on it was seen to sleep.
func comings(rec *trace.Recording) (clients []*trace.Client, since []trace.Time) {
	for _, m := range rec.Marks {
		if m.Name != asleepMark {
			continue
		}
		var next *trace.Client
		for i := range rec.Clients {
			if c := &rec.Clients[i]; c.Opened >= m.At && (next == nil || c.Opened < next.Opened) {
				next = c
			}
		}
		if next != nil {
			clients, since = append(clients, next), append(since, m.At)
		}
	}
	return clients, since
}

// woken gives, for a client that came while the server slept, who was woken: those who were seen to wake for it, and those
// who slept in waits for its listener that are not exclusive. The kernel wakes these, all of them; but whom epoll finds to
// be too late it sends back to sleep inside the call.
func (w wakings) woken(since trace.Time, c *trace.Client) map[string]*trace.Call {
	who := map[string]*trace.Call{}
	for _, r := range w.roused {
		if r.call.Exit > since && (r.call.Exit < c.Closed || c.Closed == 0) {
			who[r.who] = r.call
		}
	}
	accept := w.accepts[c]
	for _, s := range w.sleepers {
		if call := s.roused.call; accept != nil && s.listener == accept.Object && call.Enter < since && (call.Exit > since || call.Exit == 0) {
			who[s.who] = call
		}
	}
	return who
}

// wakings is what a recording tells of who is woken.
type wakings struct {
	roused   []roused
	sleepers []sleeper
	accepts  map[*trace.Client]*trace.Call
}

// OneWakeUp: a new client wakes one acceptor. It is judged by the clients that come one by one, each while the server
// sleeps: then whoever can be woken is asleep, and whoever wakes was woken by that client. While some are awake the kernel
// may rightly tell another, since it cannot know that who is awake will be in time.
func OneWakeUp(rec *trace.Recording) Finding {
	j := judge{rec, "one acceptor that is woken by each new client", "for each client that comes while the server sleeps, one that is woken: one set that has the listener, unless with EPOLLEXCLUSIVE, or blocked accepts"}
	w := wakings{rousedBy(rec), sleepers(rec), map[*trace.Client]*trace.Call{}}
	for _, c := range rec.Connections() {
		w.accepts[c.Client] = c.Accept
	}
	clients, since := comings(rec)
	var herd, single []*trace.Call
	judged, total, several := 0, 0, 0
	for i, c := range clients {
		woken := w.woken(since[i], c)
		if len(woken) == 0 {
			continue
		}
		judged, total = judged+1, total+len(woken)
		calls := slices.Collect(maps.Values(woken))
		if len(woken) > 1 {
			several, herd = several+1, append(herd, calls...)
		} else {
			single = append(single, calls...)
		}
	}
	switch {
	case judged == 0:
		return j.unclear("no client was seen to come while the server slept")
	case 2*several > judged: // one of them may be chance: somebody was just about to fall asleep
		return j.fail(herd, "%s that came while it slept woke %s", plural(judged, "client"), plural(total, "acceptor"))
	}
	return j.pass(first(single, 5), "%s that came while it slept woke %s", plural(judged, "client"), plural(total, "acceptor"))
}
