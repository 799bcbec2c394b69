package identify

import (
	"fmt"
	"maps"
	"slices"

	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// sampledOneThread: nobody else runs when clients come and ask. Of others it cannot be seen what they do, unless they sleep in
// a read of a connection.
func sampledOneThread(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	arrivers := sampledAccepters(v)
	touched, readers, owners := map[int]int{}, map[int]bool{}, map[int]bool{}
	for _, c := range v.Conns {
		touch := append(slices.Clone(c.Servers), c.Writers...)
		if !c.Read {
			touch = append(touch, c.Others...)
		}
		for _, tid := range touch {
			touched[tid]++
		}
		if c.Reader != 0 {
			readers[c.Reader] = true
		}
		if len(c.Servers) == 1 && (c.Read || len(c.Others) == 0) {
			owners[c.Servers[0]] = true
		}
	}
	maps.DeleteFunc(touched, func(_, n int) bool { return hardlyAny(n, len(v.Conns)) }) // who moves what is told by time spent, and may be wrong once
	maps.DeleteFunc(owners, func(tid int, _ bool) bool { return touched[tid] == 0 })
	tids := slices.Sorted(maps.Keys(touched))
	for _, tid := range arrivers {
		if !slices.Contains(tids, tid) {
			tids = append(tids, tid)
		}
	}
	acceptsOnly := slices.ContainsFunc(arrivers, func(tid int) bool { return len(owners) > 0 && !owners[tid] })
	others := doormen(v)
	switch {
	case len(tids) == 1 && len(others) > 0:
		return unknown(loadPtrace, "%s runs when clients ask, and %s, too, whenever one comes; what they do then cannot be seen", threadList(tids), threadList(others))
	case len(tids) == 1:
		return yes(nil, "%s runs when clients come and ask, and no other", threadList(tids)).telling(ranAll(v.Conns)...)
	case len(owners) > 1 || len(readers) > 1 || acceptsOnly:
		return no(nil, "%s run when clients come and ask", threadList(tids)).telling(ranAll(v.Conns)...)
	}
	return unknown(loadPtrace, "%s run when clients come and ask; which of them read and write cannot be seen", threadList(tids))
}

// sampledAccepters lists the threads that accept: those that are seen to wait for a listener, else those that run when clients
// come.
func sampledAccepters(v *sample.View) []int {
	if who := v.Lookouts().Who; len(who) > 0 {
		return who
	}
	return v.Arrivers()
}

// sampledUnseen answers questions about sets for a server of which some may not be seen.
func sampledUnseen(v *sample.View) *reply {
	if r := sampledIdle(v); r != nil {
		return r
	}
	w := sampledWaits(v)
	if w.answer != Unknown {
		return nil
	}
	r := unknown(loadPtrace, "there may be sets that are not seen: %s", w.observed)
	return &r
}

func sampledOneWaiter(v *sample.View) reply {
	if r := sampledUnseen(v); r != nil {
		return *r
	}
	sets, tids := sampledSets(v), sampledWaiters(v)
	return or(len(sets) == 1 && len(tids) == 1, nil, "%s, and %s on them", plural(len(sets), "set"), threadList(tids)).telling(setLines(sets)...)
}

func setLines(sets []*sample.Set) []string {
	var lines []string
	for _, s := range first(sets, 6) {
		lines = append(lines, fmt.Sprintf("%s: up to %s, waited for by %s", s.ID, plural(s.AtOnce, "connection"), threadList(s.Waiters)))
	}
	return lines
}

func sampledSeveralSets(v *sample.View) reply {
	if r := sampledUnseen(v); r != nil {
		return *r
	}
	sets, by, most := sampledSets(v), map[int]int{}, 0
	for _, s := range sets {
		for _, tid := range s.Waiters {
			by[tid]++
			most = max(most, by[tid])
		}
	}
	return or(most >= 2, nil, "%s, up to %d with the same thread", plural(len(sets), "set"), most).telling(setLines(sets)...)
}

// sampledOneOwner: one thread runs for all requests of a connection, and no other for any.
func sampledOneOwner(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	one, none := 0, 0
	for _, c := range v.Conns {
		switch {
		case len(c.Servers) == 1 && (c.Read && len(c.Writers) == 0 || len(c.Others) == 0):
			one++
		case len(c.Servers) == 0:
			none++
		}
	}
	switch n := len(v.Conns); {
	case nearlyAll(one, n):
		return yes(nil, "%d of %s", one, plural(n, "connection")).telling(ranAll(v.Conns)...)
	case 2*none >= n:
		return no(nil, "for %d of %s no thread ran each time they asked", none, plural(n, "connection"))
	}
	return unknown(loadPtrace, "for %d of %s one thread alone runs; what others do for the rest cannot be seen", one, plural(len(v.Conns), "connection"))
}

// sampledOwnerWaits: the thread that alone runs for a connection is one that waits for it.
func sampledOwnerWaits(v *sample.View) reply {
	if r := sampledUnseen(v); r != nil {
		return *r
	}
	owned, waits, guessed := 0, 0, false
	for _, c := range v.Conns {
		if len(c.Servers) != 1 || len(c.Sets) == 0 {
			continue
		}
		owned++
		guessed = guessed || slices.ContainsFunc(c.Sets, func(s *sample.Set) bool { return s.Guessed })
		if slices.ContainsFunc(c.Sets, func(s *sample.Set) bool { return slices.Contains(s.Waiters, c.Servers[0]) }) {
			waits++
		}
	}
	if owned == 0 {
		return no(nil, "no connection that is waited for has one thread")
	}
	if !nearlyAll(waits, owned) && (guessed || 2*waits > owned) {
		return unknown(loadPtrace, "%d of %s", waits, plural(owned, "connection"))
	}
	return or(nearlyAll(waits, owned), nil, "%d of %s", waits, plural(owned, "connection"))
}

func sampledOwners(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	var owners []int
	for _, c := range v.Conns {
		if len(c.Servers) == 1 && !slices.Contains(owners, c.Servers[0]) {
			owners = append(owners, c.Servers[0])
		}
	}
	slices.Sort(owners)
	arrivers := sampledAccepters(v)
	apart := len(owners) == 1 && slices.ContainsFunc(arrivers, func(tid int) bool { return tid != owners[0] })
	return or(len(owners) >= 2 || apart, nil, "owned by %s, accepted by %s", threadList(owners), threadList(arrivers))
}

// sampledScheduled: threads take turns at waiting on one set, and none runs each time that a connection asks. Where one waits on
// each set, it may do so for tasks that other threads of its process run when clients come; unless these are seen to do something
// else: to wait for new clients, or to work for the one that waits, which word wakes again.
func sampledScheduled(v *sample.View) reply {
	if r := sampledUnseen(v); r != nil {
		return *r
	}
	most := 0
	var shown *sample.Set
	for _, s := range sampledSets(v) {
		if len(s.Waiters) > most {
			most, shown = len(s.Waiters), s
		}
	}
	others := bystanders(v)
	switch {
	case most < 2 && len(others) > 0 && sampledWorkInThreads(v).answer != Yes:
		return unknown(loadPtrace, "one thread waits on each set, and others take part when clients come, %s: who accepts and reads cannot be seen", threadList(others))
	case most < 2:
		return no(nil, "one thread waits on each set")
	}
	crowd := 0
	for _, look := range v.Looks {
		crowd = max(crowd, v.WaitersAt(look, shown.ID))
	}
	if crowd > 1 {
		return unknown(loadPtrace, "%s wait on one set, %d of them at the same time: who reads what cannot be seen", threadList(shown.Waiters), crowd)
	}
	return yes(nil, "%s wait on one set, never two at the same time", threadList(shown.Waiters)).telling(setLines([]*sample.Set{shown})...)
}

// bystanders run whenever a client comes, in a process whose threads wait for clients, and are not seen to wait for any.
func bystanders(v *sample.View) []int {
	waiters, watch := sampledWaiters(v), v.Lookouts().Who
	return slices.DeleteFunc(v.Arrivers(), func(tid int) bool {
		beside := slices.ContainsFunc(waiters, func(w int) bool { return v.ProcessOf(w) == v.ProcessOf(tid) })
		return !beside || slices.Contains(waiters, tid) || slices.Contains(watch, tid)
	})
}

// doormen are the bystanders that run for hardly any request: they are there for new clients. Others run whatever happens, as
// threads of a runtime's own may.
func doormen(v *sample.View) []int {
	requests, ran := 0, map[int]int{}
	for _, c := range v.Conns {
		for _, t := range c.Requests {
			requests++
			for _, r := range t.Ran {
				ran[r.TID]++
			}
		}
	}
	return slices.DeleteFunc(bystanders(v), func(tid int) bool { return !hardlyAny(ran[tid], requests) })
}

// sampledWorkInThreads: other threads of the process run for requests, and the thread that waits sleeps in between: word
// comes back to it.
func sampledWorkInThreads(v *sample.View) reply {
	return sampledWork(v, "thread", func(pid, other int) bool { return pid == other })
}

func sampledWorkInProcesses(v *sample.View) reply {
	return sampledWork(v, "process", func(pid, other int) bool { return pid != other })
}

func sampledWork(v *sample.View, who string, counts func(pid, other int) bool) reply {
	if r := sampledUnseen(v); r != nil {
		return *r
	}
	tids := sampledWaiters(v)
	if len(tids) != 1 {
		return no(nil, "%s for several connections", threadList(tids))
	}
	waiter, pid := tids[0], v.ProcessOf(tids[0])
	requests, together, back, whole := 0, 0, 0, 0
	for _, c := range v.Conns {
		for _, t := range c.Requests {
			requests++
			slept, others := uint64(0), false
			for _, r := range t.Ran {
				switch {
				case r.TID == waiter:
					slept = r.Slept
				case !v.Restless(r.TID):
					others = others || counts(pid, r.PID)
				}
			}
			if others {
				together++
				switch {
				case slept > 1 || len(c.Writers) > 0:
					back++
				case c.Read && c.Servers[0] == waiter:
					whole++
				}
			}
		}
	}
	switch {
	case hardlyAny(together, requests):
		return no(nil, "of %s, another %s ran for %d", plural(requests, "request"), who, together)
	case 2*(whole+requests-together) >= requests:
		return no(nil, "of %s, another %s ran for %d; but the thread that waits read and answered %d of these without having slept in between", plural(requests, "request"), who, together, whole)
	case 4*back >= 3*requests:
		return yes(nil, "of %s, another %s ran for %d, and for %d the thread that waits slept before the answer", plural(requests, "request"), who, together, back).telling(ranAll(v.Conns)...)
	}
	return unknown(loadPtrace, "of %s, another %s ran for %d; whether it works for the one that waits cannot be seen", plural(requests, "request"), who, together)
}

// sampledAccepting says how accepting is shared, by who waits for the listeners.
func sampledAccepting(v *sample.View, architecture string) string {
	if slices.Contains(operated, architecture) || architecture == Inconclusive {
		return ""
	}
	l := v.Lookouts()
	if architecture == "managed-runtime" {
		l = l.ByProcess()
	}
	switch {
	case !l.Seen():
		return ""
	case len(l.Who) >= 2 && l.Sharded():
		return "accept-sharded"
	case len(l.Who) >= 2 && l.AtOnce <= 1:
		return "accept-lock"
	case len(l.Who) >= 2 && l.Exclusive:
		return "accept-exclusive"
	case len(l.Who) >= 2:
		return "accept-shared"
	case len(l.Who) == 1 && slices.Contains(handsOver, architecture) && !slices.ContainsFunc(v.Conns, func(c *sample.Conn) bool { return slices.Contains(c.Servers, l.Who[0]) }):
		return "accept-main"
	}
	return ""
}

// sampledFacts are what was seen, in numbers.
func sampledFacts(v *sample.View) Facts {
	f := Facts{Connections: len(v.Conns), AtOnce: v.AtOnce(), Answered: v.Answered()}
	processes, threads, listeners := map[int]bool{}, map[int]bool{}, map[uint64]bool{}
	for _, look := range v.Looks {
		for _, p := range look.Processes {
			processes[p.PID] = true
			for _, t := range p.Threads {
				threads[t.TID] = true
			}
		}
		for _, l := range look.Listeners {
			listeners[l] = true
		}
	}
	f.Processes, f.Threads, f.Listeners = len(processes), len(threads), len(listeners)
	for _, s := range sampledSets(v) {
		kind := demultiplexers[s.Family]
		if s.Family == "" {
			kind = demultiplexers[trace.FamilySelect] + " or " + demultiplexers[trace.FamilyPoll]
		}
		f.Sets = append(f.Sets, Set{s.ID, kind, s.AtOnce, s.Waiters})
	}
	return f
}
