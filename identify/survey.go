package identify

import (
	"maps"
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// survey is a recording, looked at once.
type survey struct {
	rec      *trace.Recording
	stop     trace.Time
	tasks    map[int]*trace.Task // by thread
	leaders  map[int]*trace.Task // by process
	conns    []*conn             // those that were served, in the order in which they came
	sets     []set               // that cover several connections and report them
	rings    rings
	lookouts []check.Lookout
	accepts  map[int][]*trace.Call // that brought a connection, by thread
	open     int                   // connections at the same time, at most, as far as calls tell
	clients  int                   // the same as the clients tell it: some may not have been accepted yet
	answered int                   // requests
}

// conn is a connection that somebody read or wrote, or had io_uring read or write.
type conn struct {
	*trace.Connection
	io        []*trace.Call // reads and writes, until the server was told to stop
	threads   []int         // that made them, in order of their first
	processes []int
	waiters   map[int]bool // threads that waited on a set that covered it with others
	from      trace.Time
	until     trace.Time
}

// set is what tells of several connections: a set of select, poll or epoll, or a ring that was asked for readiness.
type set struct {
	id      string
	family  trace.Family
	waiters []int
	wait    *trace.Call // one that covers two connections at least
	degree  int
	last    *trace.WaitSet // where it was made anew, the last of them; none of a ring's
}

func look(rec *trace.Recording) *survey {
	s := &survey{
		rec: rec, stop: check.Stopped(rec), tasks: map[int]*trace.Task{}, leaders: map[int]*trace.Task{},
		rings: ringsOf(rec), lookouts: check.Lookouts(rec), accepts: map[int][]*trace.Call{}, open: check.OpenAtOnce(rec),
	}
	for _, t := range rec.Tasks {
		s.tasks[t.TID] = t
		if t.TID == t.PID {
			s.leaders[t.PID] = t
		}
	}
	for _, c := range rec.Clients {
		for _, x := range c.Exchanges {
			if x.Answered != 0 {
				s.answered++
			}
		}
	}
	s.clients = max(s.open, check.ClientsAtOnce(rec))
	waiters := s.findSets()
	for _, c := range rec.Connections() {
		s.add(c, waiters[c.Object])
	}
	return s
}

// add takes a connection in, if anybody served it: one that got a word of refusal at most is none.
func (s *survey) add(c *trace.Connection, waiters map[int]bool) {
	if c.Accept != nil {
		s.accepts[c.Accept.TID] = append(s.accepts[c.Accept.TID], c.Accept)
	}
	served := &conn{Connection: c, waiters: waiters}
	read := s.rings.data[c.Object] > 0
	for _, call := range c.Calls {
		if !isIO(call) || call.Enter >= s.stop {
			continue
		}
		read = read || brought(call)
		served.io = append(served.io, call)
		if !slices.Contains(served.threads, call.TID) {
			served.threads = append(served.threads, call.TID)
		}
		if !slices.Contains(served.processes, call.PID) {
			served.processes = append(served.processes, call.PID)
		}
	}
	if read {
		served.from, served.until = check.Open(s.rec, c)
		s.conns = append(s.conns, served)
	}
}

// findSets finds what tells of several connections, and for each connection who waited there.
func (s *survey) findSets() map[trace.Object]map[int]bool {
	by := map[trace.Object]map[int]bool{}
	add := func(o trace.Object, tids []int) {
		if by[o] == nil {
			by[o] = map[int]bool{}
		}
		for _, tid := range tids {
			by[o][tid] = true
		}
	}
	families := map[trace.Family]bool{}
	for _, ws := range check.ReactorSets(s.rec) {
		families[ws.Family] = true
	}
	for _, ws := range s.rec.WaitSets() {
		told, covered, wait := reports(s.rec, ws)
		// A set that tells nothing is there for show. One of several that never had two connections at once, since there
		// were so few, is what the others are.
		if told == 0 || wait == nil && (told < 2 || !families[ws.Family]) {
			continue
		}
		one := set{id: ws.ID, family: ws.Family, waiters: check.Waiters(ws), wait: wait, degree: check.Degree(ws), last: ws}
		if wait == nil {
			one.wait = ws.Waits[0].Call
		}
		s.keep(one)
		for _, o := range covered {
			add(o, one.waiters)
		}
	}
	for _, one := range s.rings.polling() {
		s.sets = append(s.sets, one.set)
		for o := range one.polled {
			add(o, one.waiters)
		}
	}
	return by
}

// keep takes a set in, as the one that it was made anew of, if there is one.
func (s *survey) keep(one set) {
	i := slices.IndexFunc(s.sets, func(old set) bool { return check.MadeAnew(s.rec, one.last, old.last) })
	if i < 0 {
		s.sets = append(s.sets, one)
		return
	}
	s.sets[i].degree, s.sets[i].last = max(s.sets[i].degree, one.degree), one.last
}

// reports counts the connections that a set told of, gives a wait that covered several, and lists all that the set ever
// covered: a server that reads before it waits may have been faster than any report.
func reports(rec *trace.Recording, ws *trace.WaitSet) (told int, covered []trace.Object, wait *trace.Call) {
	seen := map[trace.Object]bool{}
	for _, w := range ws.Waits {
		if wait == nil && w.Degree >= 2 {
			wait = w.Call
		}
		for _, c := range check.Reported(rec, w) {
			seen[c.Object] = true
		}
		for _, p := range w.Call.Polls {
			covered = append(covered, p.Object)
		}
	}
	for _, w := range ws.Watched {
		covered = append(covered, w.Object)
	}
	slices.Sort(covered)
	return len(seen), slices.Compact(covered), wait
}

func isIO(c *trace.Call) bool {
	return c.Family == trace.FamilyRead || c.Family == trace.FamilyWrite
}

// brought reports whether a read brought data.
func brought(c *trace.Call) bool { return c.Family == trace.FamilyRead && c.Result > 0 }

// processOf gives the process of a thread.
func (s *survey) processOf(tid int) int {
	if t := s.tasks[tid]; t != nil {
		return t.PID
	}
	if calls := s.rec.Thread(tid); len(calls) > 0 {
		return calls[0].PID
	}
	return 0
}

// serving lists the processes that serve connections, and how many each.
func (s *survey) serving() map[int]int {
	by := map[int]int{}
	for _, c := range s.conns {
		for _, pid := range c.processes {
			by[pid]++
		}
	}
	for _, pid := range s.rings.pids {
		by[pid] += s.rings.served[pid]
	}
	return by
}

// waiting lists the threads that wait for several connections.
func (s *survey) waiting() []int {
	tids := map[int]bool{}
	for _, one := range s.sets {
		for _, tid := range one.waiters {
			tids[tid] = true
		}
	}
	return slices.Sorted(maps.Keys(tids))
}

// accepters lists the threads that accepted somebody.
func (s *survey) accepters() []int { return slices.Sorted(maps.Keys(s.accepts)) }

// owner is the one thread that reads and writes a connection, 0 when there are several.
func (c *conn) owner() int {
	if len(c.threads) == 1 {
		return c.threads[0]
	}
	return 0
}

// firstIO takes the accept of the connection and the first call of each of a few of its threads.
func (c *conn) firstIO() []*trace.Call {
	calls := []*trace.Call{c.Accept}
	for _, tid := range c.threads[:min(4, len(c.threads))] {
		i := slices.IndexFunc(c.io, func(call *trace.Call) bool { return call.TID == tid })
		calls = append(calls, c.io[i])
	}
	return calls
}

// nearlyAll and hardlyAny are what counts as all and as none: nine in ten, one in ten.
func nearlyAll(n, of int) bool { return of > 0 && n*10 >= of*9 }
func hardlyAny(n, of int) bool { return n*10 <= of }
