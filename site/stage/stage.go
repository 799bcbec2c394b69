// Package stage reads the division of labour off a recording: who accepts, who waits, who reads, who works, who writes,
// and what they hand to each other. It is what the pictures of the site are drawn from, so it holds counts and names and
// no coordinates.
//
//	stage.go    the participants of a recording, and their counts
//	work.go     who works: it makes no call, so it is told from what happens before and after
//	ring.go     what an io_uring was asked to do, operation by operation
//	links.go    what the participants hand to each other
//	groups.go   participants that do the same are one on a picture
//	names.go    what they are called, and what each does in a sentence
package stage

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// Stage is a recording as a picture needs it.
type Stage struct {
	Rec       *trace.Recording
	Clients   int // the tester's connections
	Listeners []trace.Object
	Actors    []*Actor    // who takes part, by the birth of their threads
	Idle      map[int]int // by process: threads that take no part, such as a runtime's own
	Links     []Link      // hand-overs between actors

	Bystanders int  // processes that take no part, such as a worker that got no client
	Ops        []Op // of io_uring, by their beginning

	actor map[int]*Actor // by thread
}

// Actor is a thread that takes part in the service.
type Actor struct {
	TID, PID int
	Leader   bool // the first thread of its process
	Born     trace.Time
	Parent   int // the thread that made it
	Ended    bool

	Accepts int // connections accepted
	Waits   int // returned waits of a set, or of a ring
	Reads   int // reads of clients that brought something, or the end
	Works   int // requests worked on
	Writes  int // writes to clients that took something
	Closes  int // connections closed
	Starts  int // processes made
	Reaps   int // processes reaped
	Started int // operations of a ring that it started
	Done    int // operations of a ring whose end it was told of

	WaitsFor   []Watch  // the sets it waits on
	BlocksIn   []string // calls on blocking descriptors: "accept4", "recvfrom"
	Serves     int      // connections whose calls it makes
	Kernel     bool     // not a thread: the kernel, which performs the operations of a ring
	Guessed    bool     // that it works is concluded from its being the only one left, not seen
	AfterFirst bool     // made after the first client had come
}

// Watch is a set that somebody waits on.
type Watch struct {
	Set      *trace.WaitSet
	ID       string
	Waits    int
	Most     int  // connections that it covered at once, at most
	Listener bool // it covers a listener
}

// New sets the stage.
func New(rec *trace.Recording) *Stage {
	s := &Stage{Rec: rec, Clients: len(rec.Connections()), Listeners: rec.Listeners(), Idle: map[int]int{}, actor: map[int]*Actor{}}
	for _, t := range rec.Tasks {
		s.actor[t.TID] = &Actor{TID: t.TID, PID: t.PID, Leader: t.TID == t.PID, Born: t.At, Parent: t.Parent, Ended: t.Exit != nil}
	}
	s.Ops = ops(rec)
	s.count()
	s.watches()
	s.work()
	s.kin()
	s.choose()
	s.links()
	return s
}

func (s *Stage) of(c *trace.Call) *Actor {
	a := s.actor[c.TID]
	if a == nil {
		a = &Actor{TID: c.TID, PID: c.PID, Leader: c.TID == c.PID}
		s.actor[c.TID] = a
	}
	return a
}

// count goes through the calls on clients.
func (s *Stage) count() {
	served := map[*trace.Connection]map[int]bool{}
	for _, c := range s.Rec.Connections() {
		served[c] = map[int]bool{}
		for _, call := range c.Calls {
			a := s.of(call)
			switch {
			case call == c.Accept:
				a.Accepts++
			case call.Family == trace.FamilyRead && call.Errno == "" && call.Exit != 0:
				a.Reads++
				served[c][a.TID] = true
			case call.Family == trace.FamilyWrite && call.Errno == "" && call.Exit != 0:
				a.Writes++
				served[c][a.TID] = true
			case call.Family == trace.FamilyClose:
				a.Closes++
			}
			if (call.Family == trace.FamilyRead || call == c.Accept) && !call.Nonblock {
				a.blocks(call.Name)
			}
		}
		for tid := range served[c] {
			s.actor[tid].Serves++
		}
	}
	told := map[*trace.Call]bool{}
	for _, op := range s.Ops {
		s.countOp(op)
		if op.Told != nil && op.Clients && !told[op.Told] {
			told[op.Told] = true
			s.of(op.Told).Waits++
		}
	}
}

func (a *Actor) blocks(name string) {
	if !slices.Contains(a.BlocksIn, name) {
		a.BlocksIn = append(a.BlocksIn, name)
	}
}

func (s *Stage) countOp(op Op) {
	if op.From != nil && op.Clients {
		s.of(op.From).Started++
	}
	if op.Told == nil || !op.Clients || op.Result < 0 {
		return
	}
	s.of(op.Told).Done++
	kernel := s.actor[kernelTID]
	if kernel == nil {
		kernel = &Actor{TID: kernelTID, PID: kernelTID, Kernel: true}
		s.actor[kernelTID] = kernel
	}
	switch op.Kind {
	case "accept":
		kernel.Accepts++
	case "read":
		kernel.Reads++
	case "write":
		kernel.Writes++
	}
}

// kernelTID is no thread's: it stands for the kernel where that performs the operations of a ring.
const kernelTID = 0

// watches finds who waits on what. Sets that cover neither a client nor a listener are a runtime's own.
func (s *Stage) watches() {
	for _, set := range s.Rec.WaitSets() {
		by := map[int]*Watch{}
		listens := map[trace.Object]bool{}
		for _, w := range set.Watched {
			listens[w.Object] = listens[w.Object] || s.Rec.Listens(w.Object)
		}
		for _, w := range set.Waits {
			covers := w.Degree > 0 || anyListens(s.Rec, w)
			if !covers {
				continue
			}
			at := by[w.Call.TID]
			if at == nil {
				at = &Watch{Set: set, ID: set.ID}
				by[w.Call.TID] = at
			}
			at.Most = max(at.Most, w.Degree)
			at.Listener = at.Listener || anyListens(s.Rec, w)
			if w.Call.Exit != 0 {
				at.Waits++
			}
		}
		for tid, w := range by {
			a := s.actor[tid]
			a.Waits += w.Waits
			a.WaitsFor = append(a.WaitsFor, *w)
		}
	}
	for _, a := range s.actor {
		slices.SortFunc(a.WaitsFor, func(x, y Watch) int { return cmp.Compare(x.ID, y.ID) })
	}
}

func anyListens(rec *trace.Recording, w *trace.Wait) bool {
	if w.Set.Family != trace.FamilyWait {
		return slices.ContainsFunc(w.Call.Polls, func(p trace.PollFD) bool { return p.FD >= 0 && rec.Listens(p.Object) })
	}
	return slices.ContainsFunc(w.Set.Watched, func(m trace.Watch) bool { return rec.Listens(m.Object) && m.At(w.Call.Enter) })
}

// kin counts who made processes that take part, and who reaped them.
func (s *Stage) kin() {
	first := s.firstAccept()
	for _, a := range s.actor {
		a.AfterFirst = first != 0 && a.Born > first
	}
	for _, t := range s.Rec.Tasks {
		if t.TID == t.PID && t.Parent != 0 && s.processTakesPart(t.PID) {
			if p := s.actor[t.Parent]; p != nil {
				p.Starts++
			}
		}
	}
	for _, c := range s.Rec.Calls {
		if c.Family == trace.FamilyReap && c.Child != 0 && s.processTakesPart(c.Child) {
			s.maker(c).Reaps++
		}
	}
}

// maker is the thread of the caller's process that makes processes: reaping is part of that, whichever thread does it.
func (s *Stage) maker(c *trace.Call) *Actor {
	for _, a := range s.actor {
		if a.PID == c.PID && a.Starts > 0 {
			return a
		}
	}
	return s.of(c)
}

func (s *Stage) firstAccept() trace.Time {
	var first trace.Time
	for _, c := range s.Rec.Connections() {
		if c.Accept != nil && (first == 0 || c.Accept.Exit < first) {
			first = c.Accept.Exit
		}
	}
	return first
}

func (s *Stage) processTakesPart(pid int) bool {
	for _, a := range s.actor {
		if a.PID == pid && a.roles() {
			return true
		}
	}
	return false
}

// roles reports whether the actor does anything for clients.
func (a *Actor) roles() bool {
	return a.Accepts+a.Reads+a.Writes+a.Works+a.Done > 0 || len(a.WaitsFor) > 0
}

// takesPart reports whether the actor belongs on the picture: it does something for clients, or made processes that do.
func (a *Actor) takesPart() bool { return a.roles() || a.Starts > 0 }

func (s *Stage) choose() {
	for _, a := range s.actor {
		if a.takesPart() {
			s.Actors = append(s.Actors, a)
		}
	}
	slices.SortFunc(s.Actors, func(a, b *Actor) int { return cmp.Or(cmp.Compare(a.Born, b.Born), cmp.Compare(a.TID, b.TID)) })
	in := map[int]bool{}
	for _, a := range s.Actors {
		in[a.PID] = true
	}
	for _, a := range s.actor {
		switch {
		case in[a.PID] && !a.takesPart():
			s.Idle[a.PID]++
		case !in[a.PID] && a.Leader:
			s.Bystanders++
		}
	}
}

// Actor gives the participant of that thread, or nil.
func (s *Stage) Actor(tid int) *Actor {
	i := slices.IndexFunc(s.Actors, func(a *Actor) bool { return a.TID == tid })
	if i < 0 {
		return nil
	}
	return s.Actors[i]
}

// words are what threads told each other while the server served: what they say when it stops is no hand-over.
func (s *Stage) words() []check.Word {
	stop := stopped(s.Rec)
	return slices.DeleteFunc(check.Words(s.Rec), func(w check.Word) bool { return w.Written.Enter >= stop })
}

func stopped(rec *trace.Recording) trace.Time {
	for _, m := range rec.Marks {
		if m.Name == "stop" {
			return m.At
		}
	}
	return 1<<63 - 1
}
