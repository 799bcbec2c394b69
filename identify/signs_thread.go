package identify

import (
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

func threadOneAtATime(s *survey) reply {
	return oneAtATime(s, func(c *trace.Call) int { return c.TID }, "thread")
}

// threadMade: whoever serves a connection is a thread that was made while clients came. It need not be younger than the
// connection: a runtime may have a thread in reserve, give it to a client, and make up for it afterwards.
func threadMade(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	begun := s.begun()
	made := 0
	var shown, against *conn
	for _, c := range s.conns {
		young := len(c.threads) > 0
		for _, tid := range c.threads {
			t := s.tasks[tid]
			young = young && t != nil && t.TID != t.PID && t.At >= begun
		}
		if young {
			made++
			shown = c
		} else {
			against = c
		}
	}
	if nearlyAll(made, len(s.conns)) {
		return yes(shown.firstIO(), "%d of %s are served by threads that were made after the first had come", made, plural(len(s.conns), "connection"))
	}
	if against == nil {
		return no(nil, "no thread makes a call on a connection")
	}
	return no(against.firstIO(), "%d of %s are served by threads that were made after the first had come", made, plural(len(s.conns), "connection"))
}

// begun is when the first client had been accepted.
func (s *survey) begun() trace.Time {
	begun := trace.Time(1<<63 - 1)
	for _, calls := range s.accepts {
		begun = min(begun, calls[0].Exit)
	}
	return begun
}

// threadEnds: of the threads whose connections were over before the server was told to stop, nearly all have ended.
func threadEnds(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	over, ended := map[int]bool{}, 0
	for _, c := range s.conns {
		for _, tid := range c.threads {
			if c.until < s.stop {
				over[tid] = true
			}
		}
	}
	for _, c := range s.conns { // a thread that has another connection is not done
		for _, tid := range c.threads {
			if c.until >= s.stop {
				delete(over, tid)
			}
		}
	}
	for tid := range over {
		if t := s.tasks[tid]; t != nil && t.Exit != nil && t.Exit.At < s.stop {
			ended++
		}
	}
	if len(over) == 0 {
		return unknown(loadLeave, "no connection was over before the server was told to stop")
	}
	return or(nearlyAll(ended, len(over)), nil, "of %s that had nobody to serve any more, %d ended", plural(len(over), "thread"), ended)
}

// threadReused: threads serve one connection, and then another one.
func threadReused(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	all := s.spans(func(c *trace.Call) int { return c.TID })
	again := 0
	var shown []*trace.Call
	for _, tid := range slices.Sorted(maps.Keys(all)) {
		if n := len(all[tid]) - 1; n > 0 {
			again += n
			if shown == nil {
				shown = append(slices.Clone(all[tid][0].calls), all[tid][1].calls...)
			}
		}
	}
	switch {
	case !hardlyAny(again, len(s.conns)):
		return yes(shown, "%s serve %s", plural(len(all), "thread"), plural(len(s.conns), "connection"))
	case threadEnds(s).answer == No:
		return unknown(loadThreads, "each of %s served one connection, and they are still there: no thread was needed twice", plural(len(all), "thread"))
	}
	return no(nil, "%s serve %s", plural(len(all), "thread"), plural(len(s.conns), "connection"))
}

// connectionsWait: there were more clients at the same time than there are threads that serve. Where others accept than those
// who serve, only clients count that were accepted: such a thread would make another one for a client, if it made one for each,
// and clients that wait to be accepted wait for nothing but that. One client more proves nothing: a thread that is just done may
// take it before the one that was made for it.
func connectionsWait(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	n, clients, which := len(s.spans(func(c *trace.Call) int { return c.TID })), s.clients, "client"
	if s.apart() {
		clients, which = s.open, "accepted client"
	}
	if !nearlyAll(n, clients) {
		return yes(nil, "up to %s at the same time, and %s", plural(clients, which), plural(n, "thread"))
	}
	return unknown(loadThreads, "up to %s at the same time, and %s: too few clients to tell", plural(clients, which), plural(n, "thread"))
}
