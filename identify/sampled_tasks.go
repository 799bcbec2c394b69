package identify

import (
	"fmt"
	"slices"

	"github.com/iospec/iospec/sample"
)

// sampledOwnProcess: each connection is served by processes that were not there before it came, and that serve no other.
func sampledOwnProcess(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	serves := map[int]int{}
	for _, c := range v.Conns {
		for _, pid := range c.Processes {
			serves[pid]++
		}
	}
	own, known := 0, 0
	for _, c := range v.Conns {
		if len(c.Processes) == 0 {
			continue
		}
		known++
		young := !slices.ContainsFunc(c.Processes, func(pid int) bool { return serves[pid] > 1 || wasThere(v, pid) })
		if c.Arrival != nil {
			young = young && !slices.ContainsFunc(c.Processes, func(pid int) bool { return !slices.Contains(c.Arrival.Born, pid) })
		}
		if young {
			own++
		}
	}
	switch {
	case known == 0:
		return unknown(loadPtrace, "for no connection it is known who serves it")
	case nearlyAll(own, known):
		return yes(nil, "%d of %s are each served by a process that was made when it came", own, plural(known, "connection")).telling(ranAll(v.Conns)...)
	}
	return no(nil, "%s served by %s, and %d of them by a process made for it", plural(known, "connection"), plural(len(serves), "process"), own)
}

// wasThere reports whether a process was there before the first client.
func wasThere(v *sample.View, pid int) bool {
	before := v.Look("before")
	return before != nil && slices.ContainsFunc(before.Processes, func(p sample.Process) bool { return p.PID == pid })
}

func sampledProcesses(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	serving := v.Serving()
	if len(serving) >= 2 {
		return yes(nil, "%s serve", plural(len(serving), "process"))
	}
	if others := v.StandBy(); len(others) > 0 {
		return unknown(LoadMore, "one process served everybody, and %s could", plural(len(others), "other"))
	}
	if n := sampledFacts(v).Processes; n > 1 && !v.Sight.Descriptors {
		return unknown(loadPtrace, "which of %s have connections may not be seen", plural(n, "process"))
	}
	return no(nil, "one process serves all of %s", plural(len(v.Conns), "connection"))
}

// sampledProcessTurns: no process has two connections that are served at the same time.
func sampledProcessTurns(v *sample.View) reply {
	return sampledTurns(v, "process", func(c *sample.Conn) []int { return c.Processes })
}

// sampledThreadTurns: no thread runs for two connections that are there at the same time.
func sampledThreadTurns(v *sample.View) reply {
	return sampledTurns(v, "thread", func(c *sample.Conn) []int { return c.Servers })
}

func sampledTurns(v *sample.View, who string, servers func(*sample.Conn) []int) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	all, mixed := map[int]bool{}, map[int]bool{}
	var shown string
	for i, c := range v.Conns {
		for _, id := range servers(c) {
			all[id] = true
			for _, other := range v.Conns[:i] {
				if slices.Contains(servers(other), id) && v.Together(c, other) {
					mixed[id] = true
					shown = fmt.Sprintf("%s %d runs for the clients at ports %d and %d, which are there at the same time", who, id, other.Port, c.Port)
				}
			}
		}
	}
	switch {
	case len(all) == 0:
		return no(nil, "for no connection it is always the same %s that runs", who)
	case hardlyAny(len(mixed), len(all)):
		return yes(nil, "%s, of which %d has connections in turn", plural(len(all), who), len(mixed)).telling(ranAll(v.Conns)...)
	}
	return no(nil, "%d of %s runs for several connections in turn", len(mixed), plural(len(all), who)).telling(shown)
}

// sampledThreadMade: who serves is a thread that was not there before the first client. A runtime may have some in reserve:
// three in four are enough.
func sampledThreadMade(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	before := v.Look("before")
	there := map[int]bool{}
	for _, p := range before.Processes {
		for _, t := range p.Threads {
			there[t.TID] = true
		}
	}
	made, known := 0, 0
	for tid, ports := range v.Serves {
		known += len(ports)
		if !there[tid] && v.ProcessOf(tid) != tid {
			made += len(ports)
		}
	}
	return or(known > 0 && made*4 >= known*3, nil, "%d of %s are served by threads that were not there before the first client", made, plural(known, "connection"))
}

// sampledThreadEnds: of the threads that served only clients that have gone, nearly all are gone, too.
func sampledThreadEnds(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	left := v.Look("left")
	if left == nil {
		return unknown(loadLeave, "nobody left while others were there")
	}
	there := map[int]bool{}
	for _, c := range left.Connections {
		there[c.Port] = true
	}
	over, ended := map[int]bool{}, 0
	for _, c := range v.Conns {
		for _, tid := range c.Servers {
			over[tid] = true
		}
	}
	for _, c := range v.Conns {
		if there[c.Port] || v.CameAfter(c, "left") {
			for _, tid := range c.Servers {
				delete(over, tid)
			}
		}
	}
	for tid := range over {
		alive := slices.ContainsFunc(left.Processes, func(p sample.Process) bool {
			return slices.ContainsFunc(p.Threads, func(t sample.Thread) bool { return t.TID == tid })
		})
		if !alive {
			ended++
		}
	}
	if len(over) == 0 {
		return unknown(loadLeave, "every thread that served somebody still had to")
	}
	return or(nearlyAll(ended, len(over)), nil, "of %s that had nobody to serve any more, %d ended", plural(len(over), "thread"), ended)
}

// sampledThreadReused: threads serve one connection and, when that is gone, another one.
func sampledThreadReused(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	again, all := 0, 0
	var shown string
	for tid, ports := range v.Serves {
		all += len(ports)
		if again += len(ports) - 1; len(ports) > 1 {
			shown = fmt.Sprintf("thread %d serves the clients at ports %v", tid, first(ports, 4))
		}
	}
	threads := len(v.Serves)
	switch {
	case !hardlyAny(again, all):
		return yes(nil, "%s serve %s", plural(threads, "thread"), plural(all, "connection")).telling(shown)
	case sampledThreadEnds(v).answer == No:
		return unknown(loadThreads, "each of %s served one connection, and they are still there: no thread was needed twice", plural(threads, "thread"))
	}
	return no(nil, "%s serve %s", plural(threads, "thread"), plural(all, "connection"))
}

// sampledConnectionsWait: clients were there that nobody answered while the server slept.
func sampledConnectionsWait(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	for _, look := range v.Looks {
		if look.Unanswered > 0 {
			return yes(nil, "%d of %s at the same time had to wait, while the server slept", look.Unanswered, plural(look.Clients, "client"))
		}
	}
	return unknown(loadThreads, "up to %s at the same time were all answered", plural(v.AtOnce(), "client"))
}
