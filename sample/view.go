package sample

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// View is what follows from an observation.
type View struct {
	*Observation
	Conns []*Conn // that were asked for one at a time, and answered, several times; in the order in which they came
	Sets  []*Set  // those that cover a connection or a listener

	Serves map[int][]int // the clients that each thread served, by their ports: who runs alone for one, or sleeps in a read of it

	restless map[int]bool // threads that run though nobody asks, or that a clock wakes
	pids     map[int]int  // processes of threads
	ports    map[uint64]int
	loners   bool // who is alone in waiting for a connection serves it, and those who run beside it do so by chance
}

// Conn is a connection that was asked for one at a time.
type Conn struct {
	Port      int
	Inode     uint64
	Arrival   *Turn // nil: it came together with others
	Requests  []*Turn
	Heavy     []*Turn
	Servers   []int  // the threads that ran for each of its requests; where it shows who read each of them, that one alone
	Read      bool   // it shows
	Writers   []int  // others than who reads that were seen to write its answers
	Processes []int  // theirs
	Others    []int  // threads that ran for some of its requests
	Sets      []*Set // that covered it
	Reader    int    // the thread that was seen to sleep in a read of it, 0: none
}

// View looks through an observation.
func (o *Observation) View() *View {
	v := &View{Observation: o, restless: o.restless(), pids: map[int]int{}, ports: map[uint64]int{}, Serves: map[int][]int{}}
	inodes := map[int]uint64{}
	for _, look := range o.Looks {
		for _, c := range look.Connections {
			if c.Inode != 0 {
				v.ports[c.Inode], inodes[c.Port] = c.Port, c.Inode
			}
		}
		for _, p := range look.Processes {
			for _, t := range p.Threads {
				v.pids[t.TID] = p.PID
			}
		}
	}
	v.Sets = append(v.Sets, o.sets()...)
	readers := v.readers()
	conns := o.conns()
	for _, c := range conns {
		c.Inode = inodes[c.Port]
		c.Reader = readers[c.Inode]
	}
	v.loners = v.undisturbed(conns)
	for _, c := range conns {
		v.serve(c)
		if len(c.Servers) == 1 {
			v.serves(c.Servers[0], c.Port)
		}
		v.Conns = append(v.Conns, c)
	}
	v.guess()
	v.Sets = slices.DeleteFunc(v.Sets, func(s *Set) bool { return len(s.Conns)+len(s.Listeners) == 0 })
	for _, c := range v.Conns {
		for _, s := range v.Sets {
			if _, within := s.Conns[c.Inode]; within {
				c.Sets = append(c.Sets, s)
			}
		}
	}
	return v
}

// naps is how many sleeps in the turn of one request show that a thread wakes by a clock: word about a request wakes whoever
// works on it a few times at most.
const naps = 12

// restless finds the threads that ran in half of the turns in which nobody asked, and those that nap in one in ten of the
// others, as the monitors of runtimes do when there is something to watch.
func (o *Observation) restless() map[int]bool {
	turns, ran, napped, others := 0, map[int]int{}, map[int]int{}, 0
	for _, t := range o.Turns {
		if t.Kind == Request {
			others++
			for _, r := range t.Ran {
				if r.Slept >= naps {
					napped[r.TID]++
				}
			}
		}
		if t.Kind == Nothing {
			turns++
			for _, r := range t.Ran {
				ran[r.TID]++
			}
		}
	}
	out := map[int]bool{}
	for tid, n := range ran {
		out[tid] = 2*n >= turns
	}
	for tid, n := range napped {
		out[tid] = out[tid] || 10*n >= others
	}
	return out
}

// conns gathers the turns of each connection that was asked for twice at least, with answers.
func (o *Observation) conns() []*Conn {
	by := map[int]*Conn{}
	var all []*Conn
	for i := range o.Turns {
		t := &o.Turns[i]
		if t.Port == 0 || !t.Answered {
			continue
		}
		c := by[t.Port]
		if c == nil {
			c = &Conn{Port: t.Port}
			by[t.Port] = c
			all = append(all, c)
		}
		switch t.Kind {
		case Arrival:
			c.Arrival = t
		case Heavy:
			c.Heavy = append(c.Heavy, t)
		default:
			c.Requests = append(c.Requests, t)
		}
	}
	return slices.DeleteFunc(all, func(c *Conn) bool { return len(c.Requests) < 2 })
}

// readers tells who sleeps in a read of a connection.
func (v *View) readers() map[uint64]int {
	by := map[uint64]int{}
	for _, look := range v.Looks {
		for _, p := range look.Processes {
			for _, t := range p.Threads {
				if t.Wait.Family == trace.FamilyRead && t.Wait.FD >= 0 {
					if inode := p.Socket(t.Wait.FD); v.ports[inode] != 0 {
						by[inode] = t.TID
						v.serves(t.TID, v.ports[inode])
					}
				}
			}
		}
	}
	return by
}

func (v *View) serves(tid, port int) {
	if !slices.Contains(v.Serves[tid], port) {
		v.Serves[tid] = append(v.Serves[tid], port)
	}
}

// Socket gives the inode of the socket that a descriptor names, 0 if it names none.
func (p Process) Socket(fd int) uint64 {
	i := slices.IndexFunc(p.Descriptors, func(d Descriptor) bool { return d.FD == fd })
	if i < 0 {
		return 0
	}
	return p.Descriptors[i].Inode
}

// Holds reports whether the process has a descriptor of the socket.
func (p Process) Holds(inode uint64) bool {
	return inode != 0 && slices.ContainsFunc(p.Descriptors, func(d Descriptor) bool { return d.Inode == inode })
}

// undisturbed reports whether those who are alone in waiting for a connection are also alone in running for it, in three
// requests of four at least. Workers would run for each of them, as all ask for the same. Who runs for fewer is taken for a thread
// of the runtime's own, which has something to do now and then, more often on a machine with much to do.
func (v *View) undisturbed(conns []*Conn) bool {
	requests, disturbed := 0, 0
	for _, c := range conns {
		waiter := v.waiter(c)
		if waiter == 0 {
			continue
		}
		for _, t := range c.Requests {
			requests++
			if slices.ContainsFunc(t.Ran, func(r Run) bool { return r.TID != waiter && !v.restless[r.TID] }) {
				disturbed++
			}
		}
	}
	return 4*disturbed <= requests
}

// waiter gives the thread that alone waits for a connection, 0 where none was seen to, or several.
func (v *View) waiter(c *Conn) (tid int) {
	for _, s := range v.Sets {
		if _, within := s.Conns[c.Inode]; !within {
			continue
		}
		if len(s.Waiters) != 1 || tid != 0 && tid != s.Waiters[0] {
			return 0
		}
		tid = s.Waiters[0]
	}
	return tid
}

// serve finds who ran for each request of a connection. A thread that runs anyway is not told from one that runs for it,
// unless it waits for the connection.
func (v *View) serve(c *Conn) {
	times, waiter := map[int]int{}, v.waiter(c)
	for _, t := range c.Requests {
		alone := v.loners && slices.ContainsFunc(t.Ran, func(r Run) bool { return r.TID == waiter })
		for _, r := range t.Ran {
			v.pids[r.TID] = r.PID
			if chance := alone && r.TID != waiter; !chance && (!v.restless[r.TID] || v.covers(r.TID, c)) {
				times[r.TID]++
			}
		}
	}
	reader := v.owner(c, func(tid int) bool { return times[tid] == len(c.Requests) })
	c.Read = reader != 0
	for _, tid := range slices.Sorted(maps.Keys(times)) {
		switch {
		case c.Read && tid != reader, times[tid] < len(c.Requests):
			c.Others = append(c.Others, tid)
		default:
			c.Servers = append(c.Servers, tid)
			if pid := v.pids[tid]; !slices.Contains(c.Processes, pid) {
				c.Processes = append(c.Processes, pid)
			}
		}
	}
}

// owner gives the thread that reads a connection, of those that ran each time, 0 where it does not show: who sleeps in a
// read of it; who read as many bytes as were sent; or who spent most of the time that long requests took.
func (v *View) owner(c *Conn, always func(tid int) bool) int {
	for _, find := range []func(*Conn) int{func(c *Conn) int { return c.Reader }, v.moves, v.bears} {
		if tid := find(c); tid != 0 && always(tid) {
			return tid
		}
	}
	return 0
}

// bears gives the thread that spent three fifths at least of the time on processors that the long requests of a connection
// took. Who is woken beside it, and finds nothing to do, spends a small part of that; and yet a runtime may at times have more
// to do than the server, so where somebody waits for the connection, nobody else is believed.
func (v *View) bears(c *Conn) (bearer int) {
	spent, sum := map[int]int64{}, int64(0)
	for _, t := range c.Heavy {
		for _, r := range t.Ran {
			if !v.restless[r.TID] || v.covers(r.TID, c) {
				spent[r.TID] += r.Spent
				sum += r.Spent
			}
		}
	}
	waited := slices.ContainsFunc(slices.Collect(maps.Keys(spent)), func(tid int) bool { return v.covers(tid, c) })
	for tid, ns := range spent {
		if 5*ns >= 3*sum && sum > 0 && (!waited || v.covers(tid, c)) {
			bearer = tid
		}
	}
	return bearer
}

// moves gives the one thread that read as much as each request was, and notes who wrote the answers where it did not. Of
// several that read as much, since one passes requests on, it is the one that waits for the connection.
func (v *View) moves(c *Conn) (reader int) {
	reads := map[int]int{}
	for _, t := range c.Requests {
		for _, r := range t.Ran {
			if t.Asked > 0 && r.Read >= uint64(t.Asked) {
				reads[r.TID]++
			}
		}
	}
	maps.DeleteFunc(reads, func(_, n int) bool { return n < len(c.Requests) })
	if len(reads) > 1 {
		maps.DeleteFunc(reads, func(tid, _ int) bool { return !v.covers(tid, c) })
	}
	if len(reads) != 1 {
		return 0
	}
	for tid := range reads {
		reader = tid
	}
	for _, t := range c.Requests {
		i := slices.IndexFunc(t.Ran, func(r Run) bool { return r.TID == reader })
		if t.Ran[i].Wrote >= uint64(max(1, t.Got)) {
			continue
		}
		for _, r := range t.Ran {
			if r.Wrote >= uint64(max(1, t.Got)) && !slices.Contains(c.Writers, r.TID) {
				c.Writers = append(c.Writers, r.TID)
			}
		}
	}
	return reader
}

// covers reports whether a thread was seen to wait for a connection.
func (v *View) covers(tid int, c *Conn) bool {
	return c.Reader == tid || slices.ContainsFunc(v.Sets, func(s *Set) bool {
		_, within := s.Conns[c.Inode]
		return within && slices.Contains(s.Waiters, tid)
	})
}

// guess fills in what may not be seen of sets. A thread that sleeps in a demultiplexer, and that alone runs for several
// connections, is told of them there: nothing else could have woken it.
func (v *View) guess() {
	alone := map[int][]*Conn{}
	for _, c := range v.Conns {
		if len(c.Servers) == 1 && c.Inode != 0 {
			alone[c.Servers[0]] = append(alone[c.Servers[0]], c)
		}
	}
	for _, s := range v.Sets {
		if len(s.Conns)+len(s.Listeners) > 0 || len(s.Waiters) != 1 || s.Family == trace.FamilyWait {
			continue
		}
		for _, c := range alone[s.Waiters[0]] {
			s.Conns[c.Inode] = trace.In
			s.Guessed = true
		}
		s.AtOnce = v.together(s.Conns)
	}
	if !v.Sight.Calls && v.Sight.Waits {
		v.guessEpoll(alone)
	}
}

// together counts how many of those connections were there at the same look, at most: a thread of a pool runs alone for
// several, too, one after another.
func (v *View) together(conns map[uint64]uint32) (most int) {
	for _, look := range v.Looks {
		n := 0
		for _, c := range look.Connections {
			if _, within := conns[c.Inode]; within {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// guessEpoll finds the waiters of epoll instances where it may only be seen that a thread waits on some: those who run for
// what the instance covers.
func (v *View) guessEpoll(alone map[int][]*Conn) {
	by := map[string]*Set{}
	for _, look := range v.Looks {
		listeners := look.Listeners
		for _, p := range look.Processes {
			for _, d := range p.Descriptors {
				if !d.Epoll {
					continue
				}
				s := &Set{ID: fmt.Sprintf("epoll %d of %d", d.FD, p.PID), Family: trace.FamilyWait, PID: p.PID, Guessed: true, Conns: map[uint64]uint32{}, Listeners: map[uint64]uint32{}}
				for _, m := range d.Watched {
					if v.ports[m.Inode] != 0 {
						s.Conns[m.Inode] = m.Events
					} else if slices.Contains(listeners, m.Inode) {
						s.Listeners[m.Inode] = m.Events
					}
				}
				s.AtOnce = len(s.Conns)
				for _, t := range p.Threads {
					if t.Wait.Family == trace.FamilyWait && v.runsFor(t.TID, s, alone) {
						s.wait(t.TID)
					}
				}
				if was := by[s.ID]; was != nil {
					was.add(*s)
				} else {
					by[s.ID] = s
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(by)) {
		if len(by[id].Waiters) > 0 {
			v.Sets = append(v.Sets, by[id])
		}
	}
}

// runsFor reports whether a thread runs for what a set covers: for a connection alone, or when clients come and not when
// they ask.
func (v *View) runsFor(tid int, s *Set, alone map[int][]*Conn) bool {
	for _, c := range alone[tid] {
		if _, within := s.Conns[c.Inode]; within {
			return true
		}
	}
	return len(s.Listeners) > 0 && len(s.Conns) == 0 && slices.Contains(v.Arrivers(), tid)
}

// Arrivers lists the threads that ran for every client that came one by one, in turns in which nothing else happened.
func (v *View) Arrivers() []int {
	times, turns := map[int]int{}, 0
	for _, t := range v.Turns {
		if t.Kind != Arrival || !t.Answered {
			continue
		}
		turns++
		for _, r := range t.Ran {
			if !v.restless[r.TID] || slices.ContainsFunc(v.Sets, func(s *Set) bool { return len(s.Listeners) > 0 && slices.Contains(s.Waiters, r.TID) }) {
				times[r.TID]++
			}
		}
	}
	maps.DeleteFunc(times, func(_, n int) bool { return n < turns })
	return slices.Sorted(maps.Keys(times))
}

// ProcessOf gives the process of a thread.
func (v *View) ProcessOf(tid int) int { return v.pids[tid] }

// Restless reports whether a thread runs though nobody asks.
func (v *View) Restless(tid int) bool { return v.restless[tid] }

// Serving lists the processes that run for connections, or have held one alone, the first two of a kind being enough to say
// that there are several.
func (v *View) Serving() []int {
	pids := map[int]bool{}
	for _, c := range v.Conns {
		for _, tid := range append(slices.Clone(c.Servers), c.Others...) {
			if v.ran(c, v.pids[tid]) {
				pids[v.pids[tid]] = true
			}
		}
	}
	for _, look := range v.Looks {
		for _, holders := range v.holders(look) {
			if len(holders) == 1 {
				pids[holders[0]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(pids))
}

// ran reports whether the process has the connection; where that cannot be seen, whether it alone runs for it.
func (v *View) ran(c *Conn, pid int) bool {
	if !v.Sight.Descriptors || c.Inode == 0 {
		return len(c.Processes) == 1 && c.Processes[0] == pid
	}
	for _, look := range v.Looks {
		if slices.Contains(v.holders(look)[c.Inode], pid) {
			return true
		}
	}
	return false
}

// holders tells which processes have each connection in a look.
func (v *View) holders(look Look) map[uint64][]int {
	by := map[uint64][]int{}
	for _, p := range look.Processes {
		for _, d := range p.Descriptors {
			if v.ports[d.Inode] != 0 && !slices.Contains(by[d.Inode], p.PID) {
				by[d.Inode] = append(by[d.Inode], p.PID)
			}
		}
	}
	return by
}

// Holders tells which processes have each connection in a look, by the client's port.
func (v *View) Holders(look Look) map[int][]int {
	by := map[int][]int{}
	for inode, pids := range v.holders(look) {
		by[v.ports[inode]] = pids
	}
	return by
}

// PortOf gives a connection's port by its inode, 0 for what is none.
func (v *View) PortOf(inode uint64) int { return v.ports[inode] }

// StandBy lists the processes that have a listener, serve nobody, and made none of the others: they could accept.
func (v *View) StandBy() []int {
	serving := v.Serving()
	pids := map[int]bool{}
	for _, look := range v.Looks {
		parents := map[int]bool{}
		for _, p := range look.Processes {
			parents[p.Parent] = true
		}
		for _, p := range look.Processes {
			if !parents[p.PID] && slices.ContainsFunc(look.Listeners, p.Holds) && !slices.Contains(serving, p.PID) {
				pids[p.PID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(pids))
}

// MoreWouldTell reports whether one process has served everybody so far, and others could.
func (v *View) MoreWouldTell() bool { return len(v.Serving()) < 2 && len(v.StandBy()) > 0 }

// AtOnce is how many clients were connected at the same time, at most, by their own account.
func (o *Observation) AtOnce() (n int) {
	for _, l := range o.Looks {
		n = max(n, l.Clients)
	}
	return n
}

// Answered counts the requests that were answered.
func (o *Observation) Answered() (n int) {
	for _, c := range o.Clients {
		n += c.Answered
	}
	return n
}

// Look gives the last look of a name.
func (o *Observation) Look(name string) *Look {
	for i := len(o.Looks) - 1; i >= 0; i-- {
		if o.Looks[i].Name == name {
			return &o.Looks[i]
		}
	}
	return nil
}

// Kept lists the connections that were there in a look.
func (v *View) Kept(look Look) []Connection {
	kept := slices.DeleteFunc(slices.Clone(look.Connections), func(c Connection) bool { return c.Inode == 0 })
	slices.SortFunc(kept, func(a, b Connection) int { return cmp.Compare(a.Port, b.Port) })
	return kept
}
