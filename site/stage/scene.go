package stage

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// Scene is what happened around a few clients, as a time line shows it.
type Scene struct {
	From, Until trace.Time
	Clients     []*trace.Connection
	Lanes       []Lane
	Acts        []Act
	Hops        []Hop
}

// Lane is a row of a time line: a client, a thread, or the kernel that performs operations.
type Lane struct {
	Key        string
	Name, Note string
}

// Act is something that a lane does for a while.
type Act struct {
	Lane        string
	Kind        string // "client", "accept", "wait", "read", "work", "write", "hand", "close", "other"
	Text        string
	From, Until trace.Time
	Open        bool // it goes on beyond the scene
	Call        *trace.Call
}

// Hop is something that passes from one lane to another.
type Hop struct {
	From, To       string
	Sent, Received trace.Time
	Kind           string
}

// One is the life of one client, from its connection to its end: of one that came alone, so that nothing else goes on.
func (s *Stage) One() *Scene {
	var found []*trace.Connection
	for _, c := range s.Rec.Connections() {
		if c.Client != nil && c.Client.Role == "short" && len(c.Client.Exchanges) > 0 && c.Client.Closed != 0 {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil
	}
	c := found[min(1, len(found)-1)]
	until := c.Client.Closed
	for _, call := range c.Calls {
		until = max(until, call.Exit)
	}
	return s.scene(s.arrival(c), until, c)
}

// arrival is when a client's story begins: the server may have accepted it before it knows itself that it is connected.
func (s *Stage) arrival(c *trace.Connection) trace.Time {
	from := c.Client.Opened
	if c.Accept == nil {
		return from
	}
	from = min(from, c.Accept.Enter)
	var wait *trace.Call
	for _, call := range s.Rec.Thread(c.Accept.TID) {
		if s.Rec.Wait(call) != nil && call.Seq < c.Accept.Seq {
			wait = call
		}
	}
	if wait != nil && wait.Exit < from && wait.Exit > from-trace.Time(5*time.Millisecond) {
		from = wait.Exit - trace.Time(20*time.Microsecond)
	}
	return from
}

// atOnce is how many clients a scene of several has.
const atOnce = 3

// Several is a moment in which some clients ask at the same time, where there is one: those that different threads serve,
// if there are such.
func (s *Stage) Several() *Scene {
	var asked []*trace.Connection
	for _, c := range s.Rec.Connections() {
		if c.Client != nil && c.Client.Role == "held" && len(c.Client.Exchanges) > 2 && c.Client.Exchanges[1].Answered != 0 {
			asked = append(asked, c)
		}
	}
	if len(asked) < 2 {
		return nil
	}
	chosen := s.diverse(asked)
	from, until := trace.Time(1<<62), trace.Time(0)
	for _, c := range chosen {
		x := c.Client.Exchanges[1]
		from, until = min(from, x.Sent), max(until, x.Answered)
	}
	return s.scene(from, until, chosen...)
}

// diverse takes three that are answered soon after each other, of different threads first.
func (s *Stage) diverse(asked []*trace.Connection) []*trace.Connection {
	slices.SortFunc(asked, func(a, b *trace.Connection) int {
		return cmp.Compare(a.Client.Exchanges[1].Sent, b.Client.Exchanges[1].Sent)
	})
	var chosen []*trace.Connection
	seen := map[int]bool{}
	for _, fresh := range []bool{true, false} {
		for _, c := range asked {
			call := firstServer(c)
			tid := 0
			if call != nil {
				tid = call.TID
			}
			if len(chosen) < atOnce && !slices.Contains(chosen, c) && (!fresh || !seen[tid]) {
				seen[tid] = true
				chosen = append(chosen, c)
			}
		}
	}
	slices.SortFunc(chosen, func(a, b *trace.Connection) int {
		return cmp.Compare(a.Client.Exchanges[1].Sent, b.Client.Exchanges[1].Sent)
	})
	return chosen
}

// scene gathers what was done for the clients between two moments.
func (s *Stage) scene(from, until trace.Time, clients ...*trace.Connection) *Scene {
	sc := &Scene{From: from, Until: until, Clients: clients}
	for _, c := range clients {
		sc.client(c)
	}
	for _, c := range s.Rec.Calls {
		if c.Enter <= until && (c.Exit == 0 || c.Exit >= from) {
			s.act(sc, c)
		}
	}
	s.ringActs(sc)
	s.workActs(sc)
	s.hops(sc)
	sc.clip()
	s.lanes(sc)
	return sc
}

func (sc *Scene) has(o trace.Object) *trace.Connection {
	for _, c := range sc.Clients {
		if c.Object == o {
			return c
		}
	}
	return nil
}

func (sc *Scene) add(a Act) {
	if a.Until == 0 {
		a.Until, a.Open = sc.Until, true
	}
	sc.Acts = append(sc.Acts, a)
}

// client is the client's own lane: what it asks, until it is answered.
func (sc *Scene) client(c *trace.Connection) {
	if c.Client.Opened >= sc.From {
		sc.add(Act{Lane: c.Name, Kind: "client", Text: "connected", From: c.Client.Opened, Until: c.Client.Opened})
	}
	for _, x := range c.Client.Exchanges {
		if x.Sent >= sc.From && x.Sent <= sc.Until {
			sc.add(Act{Lane: c.Name, Kind: "client", Text: fmt.Sprintf("asks %d bytes, waits for the answer", x.Out), From: x.Sent, Until: x.Answered})
		}
	}
	if c.Client.Closed != 0 && c.Client.Closed >= sc.From && c.Client.Closed <= sc.Until {
		sc.add(Act{Lane: c.Name, Kind: "client", Text: "leaves", From: c.Client.Closed, Until: c.Client.Closed})
	}
}

// kernelLane is the key of the lane of a client's operations in the kernel.
func kernelLane(c *trace.Connection) string { return "kernel " + c.Name }

// threadLane is the key of a thread's lane.
func threadLane(tid int) string { return fmt.Sprintf("t%d", tid) }

// act takes a call that is about one of the clients, and leaves others out.
func (s *Stage) act(sc *Scene, c *trace.Call) {
	kind, text := "", s.Rec.Brief(c)
	conn := sc.has(c.Object)
	switch {
	case c.Family == trace.FamilyAccept && len(c.Made) > 0 && sc.has(c.Made[0].Object) != nil:
		kind = "accept"
	case s.reportsAny(sc, c):
		kind = "wait"
	case c.Family == trace.FamilyTask && s.servesAny(sc, c.Child):
		kind, text = "hand", c.Name+" = "+fmt.Sprint(c.Child)
	case slices.ContainsFunc(c.Passed, func(fd trace.FD) bool { return sc.has(fd.Object) != nil }):
		kind, text = "hand", c.Name+" "+s.Rec.Name(c.Passed[0].Object)
	case c.Ctl != nil && sc.has(c.Ctl.Object) != nil:
		kind = "other"
	case conn == nil:
		return
	case c.Family == trace.FamilyRead:
		kind = "read"
	case c.Family == trace.FamilyWrite:
		kind = "write"
	case c.Family == trace.FamilyClose:
		kind = "close"
	default:
		return
	}
	sc.add(Act{Lane: threadLane(c.TID), Kind: kind, Text: text, From: c.Enter, Until: c.Exit, Call: c})
}

// reportsAny reports whether a wait told of one of the clients, or of the listener when one of them was about to be
// accepted.
func (s *Stage) reportsAny(sc *Scene, c *trace.Call) bool {
	w := s.Rec.Wait(c)
	if w == nil {
		return false
	}
	for _, r := range w.Reports {
		if sc.has(r.Object) != nil {
			return true
		}
		if s.Rec.Listens(r.Object) && s.acceptsNext(sc, c) {
			return true
		}
	}
	return false
}

// acceptsNext reports whether the thread accepts one of the clients before it waits again.
func (s *Stage) acceptsNext(sc *Scene, wait *trace.Call) bool {
	calls := s.Rec.Thread(wait.TID)
	i, _ := slices.BinarySearchFunc(calls, wait.Seq, func(c *trace.Call, seq int64) int { return cmp.Compare(c.Seq, seq) })
	for _, c := range calls[min(i+1, len(calls)):] {
		if s.Rec.Wait(c) != nil {
			return false
		}
		if c.Family == trace.FamilyAccept && len(c.Made) > 0 && sc.has(c.Made[0].Object) != nil {
			return true
		}
	}
	return false
}

// servesAny reports whether a new task serves one of the clients.
func (s *Stage) servesAny(sc *Scene, child int) bool {
	for _, c := range sc.Clients {
		if call := firstServer(c); call != nil && (call.TID == child || call.PID == child) {
			return true
		}
	}
	return false
}

// ringActs shows the operations in the kernel's lane, and the calls that told of them in the thread's.
func (s *Stage) ringActs(sc *Scene) {
	shown := map[*trace.Call]bool{}
	told := func(c *trace.Call, kind, text string) {
		if c != nil && !shown[c] && c.Exit >= sc.From && c.Enter <= sc.Until {
			shown[c] = true
			sc.add(Act{Lane: threadLane(c.TID), Kind: kind, Text: text, From: c.Enter, Until: c.Exit, Call: c})
		}
	}
	for _, op := range s.Ops {
		c := sc.has(op.Object)
		if op.Kind == "accept" && s.Rec.Listens(op.Object) {
			c = s.acceptedBy(sc, op)
		}
		if c == nil || op.End < sc.From || op.Begin > sc.Until {
			continue
		}
		text := op.Kind + " " + c.Name
		if op.Result > 0 && op.Kind != "accept" {
			text += fmt.Sprintf(" %d", op.Result)
		}
		sc.add(Act{Lane: kernelLane(c), Kind: op.Kind, Text: text, From: op.Begin, Until: op.End})
		told(op.From, "wait", "enter")
		told(op.Told, "wait", "enter")
		if op.Kind == "read" && op.Result > 0 {
			if next := s.nextCall(op.Told); next != nil {
				sc.add(Act{Lane: threadLane(op.Told.TID), Kind: "work", Text: "works", From: op.Told.Exit, Until: next.Enter})
			}
		}
	}
}

// acceptedBy tells which client of the scene an accept operation brought: the one that the server knew next.
func (s *Stage) acceptedBy(sc *Scene, op Op) *trace.Connection {
	n := 0
	for _, o := range s.Ops {
		if o.Kind == "accept" && o.End != 0 && o.Result >= 0 && s.Rec.Listens(o.Object) {
			if o.End == op.End && o.Begin == op.Begin && o.Result == op.Result {
				break
			}
			n++
		}
	}
	if conns := s.Rec.Connections(); n < len(conns) {
		return sc.has(conns[n].Object)
	}
	return nil
}

func (s *Stage) nextCall(c *trace.Call) *trace.Call {
	calls := s.Rec.Thread(c.TID)
	i, _ := slices.BinarySearchFunc(calls, c.Seq, func(c *trace.Call, seq int64) int { return cmp.Compare(c.Seq, seq) })
	if i+1 < len(calls) {
		return calls[i+1]
	}
	return nil
}

// workActs shows where work was done, between a read and its answer.
func (s *Stage) workActs(sc *Scene) {
	words, accepts := s.words(), s.acceptors()
	for _, h := range check.Handlings(s.Rec) {
		if sc.has(h.Read.Object) == nil || h.Read.Exit < sc.From || h.Write.Enter > sc.Until {
			continue
		}
		tid := worker(words, accepts, h)
		from, until := h.Read.Exit, h.Write.Enter
		if tid == 0 {
			tid = s.guessed()
		}
		if tid == 0 {
			continue
		}
		if tid != h.Read.TID {
			for _, w := range words {
				if w.Written.TID == tid && w.Written.Enter >= from && w.Read.Exit <= until {
					until = w.Written.Enter
					break
				}
			}
			sc.Hops = append(sc.Hops, Hop{From: threadLane(h.Read.TID), To: threadLane(tid), Sent: from, Received: from, Kind: "request"})
		}
		if tid != h.Write.TID {
			sc.Hops = append(sc.Hops, Hop{From: threadLane(tid), To: threadLane(h.Write.TID), Sent: until, Received: h.Write.Enter, Kind: "result"})
		}
		sc.add(Act{Lane: threadLane(tid), Kind: "work", Text: "works", From: from, Until: until})
	}
}

func (s *Stage) guessed() int {
	for _, a := range s.Actors {
		if a.Guessed {
			return a.TID
		}
	}
	return 0
}

// hops shows how a connection goes from who accepts it to who serves it: to the first thing that is done for it
// elsewhere.
func (s *Stage) hops(sc *Scene) {
	for _, c := range sc.Clients {
		if c.Accept == nil || c.Accept.Exit < sc.From || c.Accept.Exit > sc.Until {
			continue
		}
		var first *Act
		for i, a := range sc.Acts {
			if a.Call != nil && a.Call.TID != c.Accept.TID && about(a.Call, c.Object) && (first == nil || a.From < first.From) {
				first = &sc.Acts[i]
			}
		}
		if first != nil {
			sc.Hops = append(sc.Hops, Hop{From: threadLane(c.Accept.TID), To: first.Lane, Sent: c.Accept.Exit, Received: first.From, Kind: "connection"})
		}
	}
}

// about reports whether a call is about the object: it works on it, registers it, or receives it.
func about(c *trace.Call, o trace.Object) bool {
	return c.Object == o || c.Ctl != nil && c.Ctl.Object == o ||
		slices.ContainsFunc(c.Passed, func(fd trace.FD) bool { return fd.Object == o })
}

// clip cuts what began before the scene or ends after it.
func (sc *Scene) clip() {
	sc.Acts = slices.DeleteFunc(sc.Acts, func(a Act) bool { return a.From > sc.Until || a.Until < sc.From })
	for i := range sc.Acts {
		a := &sc.Acts[i]
		if a.From < sc.From {
			a.From, a.Open = sc.From, true
		}
		if a.Until > sc.Until {
			a.Until, a.Open = sc.Until, true
		}
	}
	slices.SortStableFunc(sc.Acts, func(a, b Act) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Until, b.Until)) })
}

// lanes lists those that have something on them: clients first, then threads by their birth, then the kernel.
func (s *Stage) lanes(sc *Scene) {
	used := map[string]bool{}
	for _, a := range sc.Acts {
		used[a.Lane] = true
	}
	for _, c := range sc.Clients {
		sc.Lanes = append(sc.Lanes, Lane{Key: c.Name, Name: "client " + c.Name})
	}
	groups := s.Groups()
	for _, a := range s.Actors {
		if a.Kernel {
			continue
		}
		if key := threadLane(a.TID); used[key] {
			sc.Lanes = append(sc.Lanes, Lane{Key: key, Name: singular(groups, a), Note: s.Place(a)})
		}
	}
	for _, c := range sc.Clients {
		if key := kernelLane(c); used[key] {
			sc.Lanes = append(sc.Lanes, Lane{Key: key, Name: "Kernel", Note: "operations for " + c.Name})
		}
	}
	sc.Acts = slices.DeleteFunc(sc.Acts, func(a Act) bool {
		return !slices.ContainsFunc(sc.Lanes, func(l Lane) bool { return l.Key == a.Lane })
	})
}

// singular names one member of a group.
func singular(groups []Group, a *Actor) string {
	for _, g := range groups {
		if g.Has(a) {
			if len(g.Actors) == 1 {
				return g.Name
			}
			if one, ok := ones[g.Name]; ok {
				return one
			}
			return g.Name
		}
	}
	return ""
}

var ones = map[string]string{
	"Reactors": "Reactor", "Main reactors": "Main reactor", "Sub-reactors": "Sub-reactor", "Acceptors": "Acceptor", "Accepting helpers": "Accepting helper",
	"Children": "Child", "Workers": "Worker", "Serving threads": "Serving thread", "Serving processes": "Serving process",
	"Reading helpers": "Reading helper", "Writing helpers": "Writing helper", "Reading threads": "Reading thread", "Writing threads": "Writing thread",
}
