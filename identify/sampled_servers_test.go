package identify

import (
	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// The main process of each story, and its first thread.
const main = 10

// guestOf gives each guest a process or thread of its own; placeOf one that the next guest in its place has, too.
func guestOf(g guest) int { return 100 + g.port }
func placeOf(g guest) int { return 50 + g.place }

// alone is a server in which one thread, of its own process or not, runs for all that is asked of a guest.
func alone(pid, tid func(g guest) int) func(guest, int) []sample.Run {
	return func(g guest, _ int) []sample.Run { return []sample.Run{reads(pid(g), tid(g))} }
}

func mains(guest) int { return main }

// forking makes a process for each guest.
func forking() server {
	return server{
		looks: func(here []guest, _ int) []sample.Process {
			all := []sample.Process{{PID: main, Parent: 1, Descriptors: []sample.Descriptor{door()}, Threads: []sample.Thread{asleepIn(main, trace.FamilyAccept, doorFD)}}}
			for _, g := range here {
				all = append(all, sample.Process{
					PID: guestOf(g), Parent: main, Descriptors: []sample.Descriptor{connection(g)},
					Threads: []sample.Thread{asleepIn(guestOf(g), trace.FamilyRead, fdFor(g.port))},
				})
			}
			return all
		},
		comes: func(g guest) ([]sample.Run, []int) {
			return []sample.Run{helps(main, main), reads(guestOf(g), guestOf(g))}, []int{guestOf(g)}
		},
		asked: alone(guestOf, guestOf),
	}
}

// waitOf is how the n-th worker of a pool sleeps: in a read of the guest in its place, if there is one, or for the next.
func waitOf(here []guest, n int, idle sample.Thread) (sample.Thread, []sample.Descriptor) {
	for _, g := range here {
		if g.place == n {
			return asleepIn(idle.TID, trace.FamilyRead, fdFor(g.port)), []sample.Descriptor{connection(g)}
		}
	}
	return idle, nil
}

// poolSize is how many workers a pool has.
const poolSize = 4

// preforked has processes in accept, one guest each at a time; by one listener, or one for each.
func preforked(doors int) server {
	return server{
		room: poolSize, doors: doors,
		looks: func(here []guest, _ int) []sample.Process {
			all := []sample.Process{{PID: main, Parent: 1, Descriptors: []sample.Descriptor{door()}, Threads: []sample.Thread{asleepIn(main, trace.FamilyReap, -1)}}}
			for n := range poolSize {
				t, own := waitOf(here, n, asleepIn(50+n, trace.FamilyAccept, doorFD))
				all = append(all, sample.Process{PID: t.TID, Parent: main, Descriptors: append(own, ownDoor(n%doors)), Threads: []sample.Thread{t}})
			}
			return all
		},
		comes: func(g guest) ([]sample.Run, []int) { return []sample.Run{reads(placeOf(g), placeOf(g))}, nil },
		asked: alone(placeOf, placeOf),
	}
}

// threaded makes a thread for each guest.
func threaded() server {
	return server{
		looks: func(here []guest, _ int) []sample.Process {
			p := sample.Process{PID: main, Parent: 1, Descriptors: []sample.Descriptor{door()}, Threads: []sample.Thread{asleepIn(main, trace.FamilyAccept, doorFD)}}
			for _, g := range here {
				p.Descriptors = append(p.Descriptors, connection(g))
				p.Threads = append(p.Threads, asleepIn(guestOf(g), trace.FamilyRead, fdFor(g.port)))
			}
			return []sample.Process{p}
		},
		comes: func(g guest) ([]sample.Run, []int) {
			return []sample.Run{helps(main, main), reads(main, guestOf(g))}, []int{guestOf(g)}
		},
		asked: alone(mains, guestOf),
	}
}

// pooled has threads that take the next guest when theirs has gone.
func pooled() server {
	return server{
		room: poolSize,
		looks: func(here []guest, _ int) []sample.Process {
			p := sample.Process{PID: main, Parent: 1, Descriptors: []sample.Descriptor{door()}, Threads: []sample.Thread{asleepIn(main, trace.FamilyAccept, doorFD)}}
			for n := range poolSize {
				t, own := waitOf(here, n, asleepIn(50+n, trace.FamilyLock, -1))
				p.Descriptors, p.Threads = append(p.Descriptors, own...), append(p.Threads, t)
			}
			return []sample.Process{p}
		},
		comes: func(g guest) ([]sample.Run, []int) {
			return []sample.Run{helps(main, main), reads(main, placeOf(g))}, nil
		},
		asked: alone(mains, placeOf),
	}
}

// waits is a thread of the main process that waits on what it is given: an epoll instance in 4, unless said otherwise.
type waits func(here []guest) ([]sample.Descriptor, sample.Thread)

func byEpoll(events uint32) waits {
	return func(here []guest) ([]sample.Descriptor, sample.Thread) {
		return []sample.Descriptor{epoll(4, append(watching(here, events), doorbell(trace.In))...)}, asleepIn(main, trace.FamilyWait, 4)
	}
}

func byArray(family trace.Family) waits {
	return func(here []guest) ([]sample.Descriptor, sample.Thread) {
		t := asleepIn(main, family, -1)
		t.Wait.Members = append(watching(here, trace.In), doorbell(trace.In))
		return nil, t
	}
}

// byNested is an epoll instance that watches two others, with half of the guests each.
func byNested(here []guest) ([]sample.Descriptor, sample.Thread) {
	return []sample.Descriptor{
		epoll(4, doorbell(trace.In), sample.Member{FD: 5, Events: trace.In}, sample.Member{FD: 6, Events: trace.In}),
		epoll(5, watching(of(here, 0, 2), trace.In)...), epoll(6, watching(of(here, 1, 2), trace.In)...),
	}, asleepIn(main, trace.FamilyWait, 4)
}

// byRing asks a ring for the readiness of all.
func byRing(here []guest) ([]sample.Descriptor, sample.Thread) {
	ring := sample.Descriptor{FD: 4, Ring: true, Pending: []string{"POLL_ADD"}}
	for range here {
		ring.Pending = append(ring.Pending, "POLL_ADD")
	}
	return []sample.Descriptor{ring}, asleepIn(main, trace.FamilyRing, 4)
}

// byOperations lets a ring read.
func byOperations(here []guest) ([]sample.Descriptor, sample.Thread) {
	ring := sample.Descriptor{FD: 4, Ring: true, Pending: []string{"ACCEPT"}}
	for range here {
		ring.Pending = append(ring.Pending, "RECV")
	}
	return []sample.Descriptor{ring}, asleepIn(main, trace.FamilyRing, 4)
}

// reactor is one thread that waits for all and serves all.
func reactor(wait waits) server {
	return server{
		looks: func(here []guest, _ int) []sample.Process {
			own, t := wait(here)
			p := sample.Process{PID: main, Parent: 1, Descriptors: append(own, door()), Threads: []sample.Thread{t}}
			for _, g := range here {
				p.Descriptors = append(p.Descriptors, connection(g))
			}
			return []sample.Process{p}
		},
		comes: func(guest) ([]sample.Run, []int) { return []sample.Run{reads(main, main)}, nil },
		asked: alone(mains, mains),
	}
}

// working is a reactor that lets others work on requests, threads or processes, whoever is free.
func working(apart bool) server {
	s := reactor(byEpoll(trace.In))
	one := s.looks
	s.looks = func(here []guest, n int) []sample.Process {
		all := one(here, n)
		for i := range 3 {
			if apart {
				all = append(all, sample.Process{PID: 50 + i, Parent: main, Threads: []sample.Thread{asleepIn(50+i, trace.FamilyRead, 7)}})
				continue
			}
			all[0].Threads = append(all[0].Threads, asleepIn(50+i, trace.FamilyLock, -1))
		}
		return all
	}
	s.asked = func(_ guest, n int) []sample.Run {
		waiter, worker := reads(main, main), helps(main, 50+n%3)
		if waiter.Slept = 2; apart {
			worker.PID = worker.TID
		}
		return []sample.Run{waiter, worker}
	}
	return s
}

// subs has a thread that waits for new guests, and two that wait for those that they were given.
func subs() server {
	owner := func(g guest) int { return 50 + g.place%2 }
	return server{
		looks: func(here []guest, _ int) []sample.Process {
			p := sample.Process{
				PID: main, Parent: 1,
				Descriptors: []sample.Descriptor{door(), epoll(4, doorbell(trace.In))},
				Threads:     []sample.Thread{asleepIn(main, trace.FamilyWait, 4)},
			}
			for i := range 2 {
				p.Descriptors = append(p.Descriptors, epoll(5+i, watching(of(here, i, 2), trace.In|trace.Edge)...))
				p.Threads = append(p.Threads, asleepIn(50+i, trace.FamilyWait, 5+i))
			}
			for _, g := range here {
				p.Descriptors = append(p.Descriptors, connection(g))
			}
			return []sample.Process{p}
		},
		comes: func(g guest) ([]sample.Run, []int) {
			return []sample.Run{helps(main, main), reads(main, owner(g))}, nil
		},
		asked: alone(mains, owner),
	}
}

// workers has a master, and two processes that wait for guests of their own and for new ones.
func workers(bell func(i, look int) *sample.Member, doors int) server {
	owner := func(g guest) int { return 50 + g.place%2 }
	return server{
		doors: doors,
		looks: func(here []guest, look int) []sample.Process {
			all := []sample.Process{{PID: main, Parent: 1, Descriptors: []sample.Descriptor{door()}, Threads: []sample.Thread{asleepIn(main, "", -1)}}}
			for i := range 2 {
				watched, own := watching(of(here, i, 2), trace.In), door()
				if m := bell(i, look); m != nil {
					watched, own.Inode = append(watched, *m), m.Inode
				}
				p := sample.Process{
					PID: 50 + i, Parent: main, Descriptors: []sample.Descriptor{own, epoll(4, watched...)},
					Threads: []sample.Thread{asleepIn(50+i, trace.FamilyWait, 4)},
				}
				for _, g := range of(here, i, 2) {
					p.Descriptors = append(p.Descriptors, connection(g))
				}
				all = append(all, p)
			}
			return all
		},
		comes: func(g guest) ([]sample.Run, []int) { return []sample.Run{reads(owner(g), owner(g))}, nil },
		asked: alone(owner, owner),
	}
}

// How workers watch the listener: all of them, for EPOLLEXCLUSIVE or not, or one at a time.
func crowding(int, int) *sample.Member {
	m := doorbell(trace.In)
	return &m
}

func excluding(int, int) *sample.Member {
	m := doorbell(trace.In | trace.Exclusive)
	return &m
}

// sharding gives each the listener of its own, which the server must have.
func sharding(i, _ int) *sample.Member {
	m := ownDoorbell(i, trace.In)
	return &m
}

func locking(i, look int) *sample.Member {
	if look%2 != i {
		return nil
	}
	return crowding(i, look)
}

// helping has threads that sleep in reads for the one that answers, whichever is free.
func helping() server {
	const helpers = 12
	helper := func(g guest, n int) int { return 50 + (g.place+n)%helpers }
	return server{
		looks: func(here []guest, n int) []sample.Process {
			p := sample.Process{PID: main, Parent: 1, Descriptors: []sample.Descriptor{door()}, Threads: []sample.Thread{asleepIn(main, trace.FamilyLock, -1)}}
			for i := range helpers {
				t := asleepIn(50+i, trace.FamilyLock, -1)
				for _, g := range here {
					if helper(g, n) == t.TID {
						t = asleepIn(t.TID, trace.FamilyRead, fdFor(g.port))
					}
				}
				p.Threads = append(p.Threads, t)
			}
			for _, g := range here {
				p.Descriptors = append(p.Descriptors, connection(g))
			}
			return []sample.Process{p}
		},
		comes: func(g guest) ([]sample.Run, []int) {
			return []sample.Run{helps(main, main), reads(main, helper(g, 0))}, nil
		},
		asked: func(g guest, n int) []sample.Run {
			return []sample.Run{helps(main, main), reads(main, helper(g, n))}
		},
	}
}

// scheduling is a server whose processes have threads that take turns at waiting on the set of their process, and at serving:
// a few guests meet the same one each time.
func scheduling(s server) server {
	const procs = 4
	looks, asked := s.looks, s.asked
	s.looks = func(here []guest, n int) []sample.Process {
		all := looks(here, n)
		for j := range all {
			p := &all[j]
			wait := p.Threads[0].Wait
			p.Threads = nil
			for i := range procs {
				t := asleepIn(p.PID+10*i, trace.FamilyLock, -1)
				if i == n%procs {
					t.Wait = wait
				}
				p.Threads = append(p.Threads, t)
			}
		}
		return all
	}
	s.asked = func(g guest, n int) []sample.Run {
		pid, turn := asked(g, n)[0].PID, g.port%procs
		if g.port%3 != 0 {
			turn = (g.port + n) / 2 % procs
		}
		return []sample.Run{reads(pid, pid+10*turn), helps(pid, pid+10*((turn+1)%procs))}
	}
	return s
}

// napping has two threads that look after half of the guests each whenever a clock wakes them.
func napping() server {
	owner := func(g guest) int { return 50 + g.place%2 }
	s := reactor(func([]guest) ([]sample.Descriptor, sample.Thread) {
		return nil, asleepIn(main, trace.FamilyAccept, doorFD)
	})
	s = s.with(func(all []sample.Process, _ []guest) []sample.Process {
		all[0].Threads = append(all[0].Threads, asleepIn(50, trace.FamilySleep, -1), asleepIn(51, trace.FamilySleep, -1))
		return all
	})
	s.asked = alone(mains, owner)
	return s
}

// with is a server of which looks show something else.
func (s server) with(change func(all []sample.Process, here []guest) []sample.Process) server {
	one := s.looks
	s.looks = func(here []guest, n int) []sample.Process { return change(one(here, n), here) }
	return s
}

// polling has those who sleep in a read of their guest sleep in a poll of it instead, and read when it tells them to.
func polling(s server) server {
	return s.with(func(all []sample.Process, _ []guest) []sample.Process {
		for _, p := range all {
			for i, t := range p.Threads {
				if t.Wait.Family == trace.FamilyRead {
					p.Threads[i].Wait = sample.Wait{Family: trace.FamilyPoll, FD: -1, Members: []sample.Member{{FD: t.Wait.FD, Inode: p.Socket(t.Wait.FD), Events: trace.In}}}
				}
			}
		}
		return all
	})
}

// monitored has a thread more, which a clock wakes all the time.
func monitored(s server) server {
	s = s.with(func(all []sample.Process, _ []guest) []sample.Process {
		all[0].Threads = append(all[0].Threads, asleepIn(99, trace.FamilySleep, -1))
		return all
	})
	asked := s.asked
	s.asked = func(g guest, n int) []sample.Run {
		return append(asked(g, n), sample.Run{TID: 99, PID: main, Slept: 50, Spent: 5000})
	}
	return s
}

// accompanied has a thread more, which runs for each n-th request, too, and for as long.
func accompanied(s server, each int) server {
	asked := s.asked
	s.asked = func(g guest, n int) []sample.Run {
		if n%each == 0 {
			return append(asked(g, n), sample.Run{TID: 99, PID: main, Slept: 1, Spent: 1000})
		}
		return asked(g, n)
	}
	return s
}
