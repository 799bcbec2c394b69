package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// masterOf is the process that made the listener, or where that was not seen the first one.
func masterOf(rec *trace.Recording) int {
	for _, c := range rec.Calls {
		if c.Name == "listen" && rec.Listens(c.Object) {
			return c.PID
		}
	}
	for _, t := range rec.Tasks {
		if t.Parent == 0 {
			return t.PID
		}
	}
	return 0
}

// MasterNeverAccepts: the process that sets up the listener accepts nobody and serves nobody; processes that descend
// from it do.
func MasterNeverAccepts(rec *trace.Recording) Finding {
	j := judge{rec, "a process that makes the listener and never accepts, whose children do", "no accept in the process that listens, and all accepts in descendants of it"}
	master := masterOf(rec)
	var setup []*trace.Call
	for _, c := range rec.Calls {
		switch {
		case c.PID != master:
		case c.Family == trace.FamilySocket && rec.Listens(c.Object):
			setup = append(setup, c)
		case c.Family == trace.FamilyAccept && rec.Listens(c.Object):
			return j.fail(append(first(setup, 4), c), "process %d, which set up the listener, accepts", master)
		case isIO(c) && rec.Connection(c.Object) != nil:
			return j.fail(append(first(setup, 4), c), "process %d, which set up the listener, serves %s", master, rec.Name(c.Object))
		}
	}
	accepting := map[int]*trace.Call{}
	for _, c := range rec.Connections() {
		if c.Accept != nil && accepting[c.Accept.PID] == nil {
			accepting[c.Accept.PID] = c.Accept
			setup = append(setup, c.Accept)
		}
	}
	if len(accepting) == 0 {
		return j.unclear("no accept of a client was seen")
	}
	for _, pid := range slices.Sorted(maps.Keys(accepting)) {
		if !descends(rec, pid, master) {
			return j.fail([]*trace.Call{accepting[pid]}, "process %d accepts and does not descend from %d, which set up the listener", pid, master)
		}
	}
	return j.pass(first(setup, 8), "process %d set up the listener and never accepted; %s of it did", master, plural(len(accepting), "descendant"))
}

// descends follows the line of parents.
func descends(rec *trace.Recording, pid, from int) bool {
	parents, of := map[int]int{}, map[int]int{}
	for _, t := range rec.Tasks {
		of[t.TID] = t.PID
		if t.TID == t.PID {
			parents[t.PID] = t.Parent
		}
	}
	for range rec.Tasks {
		pid = of[parents[pid]]
		if pid == from || pid == 0 {
			break
		}
	}
	return pid == from && from != 0
}

// WorkersAccept: each worker's own reactor accepts: the thread that waits for a connection has waited for the listener,
// too, and accepted it; and several processes do so.
func WorkersAccept(rec *trace.Recording) Finding {
	j := judge{rec, "several processes, in each of which the thread that waits for its connections has accepted them", "accept, in each of two processes, by the thread that waits for the connection and for the listener"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	sentries := sentriesOf(j)
	for _, c := range s.served {
		if c.Accept == nil || onlyRefused(c) {
			continue
		}
		tid := c.Accept.TID
		switch _, watches := sentries.tids[tid]; {
		case !watches:
			return j.fail(firstBy(c, s.readers[c]), "thread %d accepts and waits for no listener", tid)
		case !s.waitsFor(tid, c):
			return j.fail(firstBy(c, s.readers[c]), "thread %d accepted %s and does not wait for it", tid, c.Name)
		}
	}
	if f := j.fewWorkers(s); f != nil {
		return *f
	}
	return j.pass(firstAccepts(rec), "%s", j.shares(s))
}

// StaysWithAcceptor: a connection is read and written only in the process that accepted it, and never travels.
func StaysWithAcceptor(rec *trace.Recording) Finding {
	j := judge{rec, "each connection served by the process that accepted it, and several of them", "every read and write of a connection in the process of its accept, and no descriptor of it sent"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	for _, c := range s.served {
		if c.Accept == nil {
			continue
		}
		if len(c.Passed) > 0 {
			return j.fail([]*trace.Call{c.Accept, c.Passed[0]}, "%s was accepted in process %d and sent on", c.Name, c.Accept.PID)
		}
		i := slices.IndexFunc(c.Calls, func(call *trace.Call) bool { return isIO(call) && call.PID != c.Accept.PID })
		if i >= 0 {
			return j.fail([]*trace.Call{c.Accept, c.Calls[i]}, "%s was accepted in process %d and served in process %d", c.Name, c.Accept.PID, c.Calls[i].PID)
		}
	}
	if f := j.fewWorkers(s); f != nil {
		return *f
	}
	return j.pass(firstAccepts(rec), "%s", j.shares(s))
}

// fewWorkers finds that one process has accepted everything.
func (j judge) fewWorkers(s shape) *Finding {
	var f Finding
	may := mayAccept(j.Recording)
	switch n := s.processes(s.accepting()); {
	case n >= 2:
		return nil
	case n == 0:
		f = j.unclear("no accept of a client was seen")
	case len(may) >= 2:
		f = j.unclear("of %s that could accept one took everything: the load was too light", plural(len(may), "process"))
	default:
		f = j.fail(firstAccepts(j.Recording), "one process alone accepts")
	}
	return &f
}

// shares says how many connections each process accepted. How even that is says more about the moment than about the
// server.
func (j judge) shares(s shape) string {
	by := map[int]int{}
	for tid, n := range s.acceptors {
		by[s.process[tid]] += n
	}
	var counts []int
	for _, n := range by {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	slices.Reverse(counts)
	return fmt.Sprintf("%s accepted and served in %s, by each %v", plural(len(j.Connections()), "connection"), plural(len(by), "process"), counts)
}
