package identify

import (
	"slices"

	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// guest is a client of a story. A guest that leaves makes its place free for another.
type guest struct{ port, place int }

// server is a made-up one: what a look shows while guests are there, and who runs when one comes or asks. Looks and requests are
// numbered, for servers in which somebody else does the same work the next time.
type server struct {
	room  int // guests that it takes at the same time, 0: all
	doors int // its listeners, 0: one
	looks func(here []guest, n int) []sample.Process
	comes func(g guest) (ran []sample.Run, born []int)
	asked func(g guest, n int) []sample.Run
}

// The sockets of stories, and how much is asked.
const (
	doorInode = 9
	doorFD    = 3
	someBytes = 700
	manyBytes = 64 << 10
)

func inodeFor(port int) uint64 { return uint64(1000 + port) }

func fdFor(port int) int { return 100 + port }

// story is a server that is being looked at, as package subject does it, with fewer clients.
type story struct {
	server
	*sample.Observation
	here  []guest
	owing int // clients that were not let in
	asks  int
}

// observed tells the whole story of a server.
func (s server) observed() *sample.Observation {
	t := &story{server: s, Observation: &sample.Observation{Sight: sample.Sight{Descriptors: true, Calls: true, Waits: true, Bytes: true, Arrays: true}}}
	t.look("before")
	for port := 1; port <= 4; port++ {
		t.arrive(port)
	}
	t.look("arrived")
	t.ask(t.here)
	came := len(t.here)
	for port := 5; port <= 8; port++ {
		t.enter(port)
	}
	t.look("held")
	t.ask(t.here[came:])
	t.leave(1, 2, 3, 4, 6, 8)
	t.look("left")
	stay := len(t.here)
	t.arrive(9)
	t.arrive(10)
	t.look("again")
	t.ask(t.here[stay:])
	t.leave(5, 7, 9, 10)
	t.look("after")
	return t.Observation
}

// enter gives a client the first free place, if there is room.
func (t *story) enter(port int) (g guest, room bool) {
	t.Clients = append(t.Clients, sample.Client{Port: port})
	if t.room > 0 && len(t.here) == t.room {
		t.owing++
		return guest{}, false
	}
	for g = (guest{port, 0}); slices.ContainsFunc(t.here, func(one guest) bool { return one.place == g.place }); {
		g.place++
	}
	t.here = append(t.here, g)
	return g, true
}

func (t *story) arrive(port int) {
	if g, room := t.enter(port); room {
		ran, born := t.comes(g)
		t.turn(sample.Turn{Kind: sample.Arrival, Port: port, Asked: someBytes, Got: someBytes, Ran: ran, Born: born})
	}
}

// ask lets each ask twice, and once at length; then nobody does anything.
func (t *story) ask(guests []guest) {
	for _, asked := range []int{someBytes, someBytes, manyBytes} {
		for _, g := range guests {
			kind := sample.Request
			if asked == manyBytes {
				kind = sample.Heavy
			}
			t.asks++
			t.turn(sample.Turn{Kind: kind, Port: g.port, Asked: asked, Got: asked, Ran: t.asked(g, t.asks)})
		}
	}
	for range 3 {
		t.turn(sample.Turn{Kind: sample.Nothing})
	}
}

func (t *story) turn(one sample.Turn) {
	one.Answered = true
	t.Turns = append(t.Turns, one)
}

// leave lets guests go; those that were not let in go with the first.
func (t *story) leave(ports ...int) {
	t.owing = 0
	t.here = slices.DeleteFunc(t.here, func(g guest) bool { return slices.Contains(ports, g.port) })
}

func (t *story) look(name string) {
	look := sample.Look{Name: name, Rested: true, Clients: len(t.here) + t.owing, Unanswered: t.owing}
	for i := range max(1, t.doors) {
		look.Listeners = append(look.Listeners, doorInode+uint64(i))
	}
	for _, g := range t.here {
		look.Connections = append(look.Connections, sample.Connection{Port: g.port, Inode: inodeFor(g.port)})
	}
	look.Processes = t.looks(t.here, len(t.Looks))
	t.Looks = append(t.Looks, look)
}

// reads is a thread that reads a request with read(2), and answers it.
func reads(pid, tid int) sample.Run {
	return sample.Run{TID: tid, PID: pid, Slept: 1, Read: manyBytes, Wrote: manyBytes, Spent: 1000}
}

// helps is one that runs for a request, and moves no bytes of it.
func helps(pid, tid int) sample.Run { return sample.Run{TID: tid, PID: pid, Slept: 1, Spent: 100} }

func asleepIn(tid int, family trace.Family, fd int) sample.Thread {
	return sample.Thread{TID: tid, Asleep: true, Wait: sample.Wait{Family: family, FD: fd}}
}

// door is a listener; a server that has several may give each worker its own.
func door() sample.Descriptor { return ownDoor(0) }

func ownDoor(i int) sample.Descriptor {
	return sample.Descriptor{FD: doorFD, Inode: doorInode + uint64(i), Nonblock: true}
}

func connection(g guest) sample.Descriptor {
	return sample.Descriptor{FD: fdFor(g.port), Inode: inodeFor(g.port), Nonblock: true}
}

func epoll(fd int, watched ...sample.Member) sample.Descriptor {
	return sample.Descriptor{FD: fd, Epoll: true, Watched: watched}
}

func doorbell(events uint32) sample.Member { return ownDoorbell(0, events) }

func ownDoorbell(i int, events uint32) sample.Member {
	return sample.Member{FD: doorFD, Inode: doorInode + uint64(i), Events: events}
}

func watching(here []guest, events uint32) []sample.Member {
	var all []sample.Member
	for _, g := range here {
		all = append(all, sample.Member{FD: fdFor(g.port), Inode: inodeFor(g.port), Events: events})
	}
	return all
}

// of picks the guests whose place falls to the i-th of n.
func of(here []guest, i, n int) []guest {
	var some []guest
	for _, g := range here {
		if g.place%n == i {
			some = append(some, g)
		}
	}
	return some
}

// refusal is what may not be seen of a server. Arrays are of calls that may be seen, and the kernel's functions matter where
// calls may not.
type refusal struct{ calls, arrays, waits, descriptors, bytes bool }

func refusals() []refusal {
	var all []refusal
	for _, r := range []refusal{{}, {arrays: true}, {calls: true}, {calls: true, waits: true}} {
		for n := range 4 {
			r.descriptors, r.bytes = n&1 != 0, n&2 != 0
			all = append(all, r)
		}
	}
	return all
}

// without gives an observation in which some of what there is to see is refused, as package sampler tells it then.
func without(o *sample.Observation, r refusal) *sample.Observation {
	dim := *o
	dim.Sight = sample.Sight{Calls: !r.calls, Arrays: !r.calls && !r.arrays, Waits: !r.waits, Descriptors: !r.descriptors, Bytes: !r.bytes}
	dim.Looks, dim.Turns = slices.Clone(o.Looks), slices.Clone(o.Turns)
	for i := range dim.Looks {
		dim.Looks[i].Processes = slices.Clone(dim.Looks[i].Processes)
		for j := range dim.Looks[i].Processes {
			p := &dim.Looks[i].Processes[j]
			if r.descriptors {
				p.Descriptors = nil
			}
			p.Threads = slices.Clone(p.Threads)
			for k := range p.Threads {
				switch w := &p.Threads[k].Wait; {
				case r.calls:
					*w = byFunction(*w, r.waits)
				case r.arrays:
					w.Members = nil
				}
			}
		}
	}
	for i := range dim.Turns {
		dim.Turns[i].Ran = slices.Clone(dim.Turns[i].Ran)
		for j := range dim.Turns[i].Ran {
			if run := &dim.Turns[i].Ran[j]; r.bytes {
				run.Read, run.Wrote = 0, 0
			}
		}
	}
	return &dim
}

// byFunction is what the kernel's function tells of a wait: no descriptor, and select and poll are one. Without that, nothing.
func byFunction(w sample.Wait, refused bool) sample.Wait {
	switch {
	case refused:
		return sample.Wait{FD: -1}
	case w.Family == trace.FamilySelect || w.Family == trace.FamilyPoll:
		return sample.Wait{FD: -1, Either: true}
	}
	return sample.Wait{FD: -1, Family: w.Family}
}
