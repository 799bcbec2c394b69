package sample

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// Lookouts are the threads, or processes, that were seen to wait for new clients.
type Lookouts struct {
	Who       []int
	Listeners map[int][]uint64 // that each waits for; 0: one of several, and not seen which
	AtOnce    int              // that waited at the same look, at most
	Exclusive bool             // all ask for EPOLLEXCLUSIVE
	Blocking  bool             // some sleep in accept

	view *View
	at   [][]int // who waited, look by look
}

// Lookouts finds who waits for a listener, by a set or in accept.
func (v *View) Lookouts() Lookouts {
	l := Lookouts{Listeners: map[int][]uint64{}, Exclusive: true, view: v}
	for _, look := range v.Looks {
		var now []int
		note := func(tid int, listener uint64) {
			if !slices.Contains(now, tid) {
				now = append(now, tid)
			}
			if !slices.Contains(l.Listeners[tid], listener) {
				l.Listeners[tid] = append(l.Listeners[tid], listener)
			}
		}
		for _, s := range setsOf(look) {
			for listener, events := range s.Listeners {
				l.Exclusive = l.Exclusive && events&trace.Exclusive != 0
				for _, tid := range s.Waiters {
					note(tid, listener)
				}
			}
		}
		for _, p := range look.Processes {
			for _, t := range p.Threads {
				if listener, waits := p.door(t, look); waits {
					l.Blocking = true
					note(t.TID, listener)
				}
			}
		}
		l.at = append(l.at, now)
	}
	return l.count()
}

// door gives the listener at which a thread sleeps in accept: the only one, where its descriptor is not seen, or 0 where
// there are several. A socket that is none of the listeners is for others than these clients.
func (p Process) door(t Thread, look Look) (listener uint64, waits bool) {
	if t.Wait.Family != trace.FamilyAccept {
		return 0, false
	}
	listener = p.Socket(t.Wait.FD)
	if listener == 0 && len(look.Listeners) == 1 {
		listener = look.Listeners[0]
	}
	return listener, listener == 0 || slices.Contains(look.Listeners, listener)
}

// Seen reports whether it is known for each which listeners it waits for.
func (l Lookouts) Seen() bool {
	for _, listeners := range l.Listeners {
		if slices.Contains(listeners, 0) {
			return false
		}
	}
	return true
}

func (l Lookouts) count() Lookouts {
	l.Who, l.AtOnce, l.Exclusive = nil, 0, l.Exclusive && !l.Blocking
	for _, now := range l.at {
		l.AtOnce = max(l.AtOnce, len(now))
		for _, who := range now {
			if !slices.Contains(l.Who, who) {
				l.Who = append(l.Who, who)
			}
		}
	}
	slices.Sort(l.Who)
	return l
}

// ByProcess gives the same of processes.
func (l Lookouts) ByProcess() Lookouts {
	listeners := map[int][]uint64{}
	for tid, of := range l.Listeners {
		pid := l.view.ProcessOf(tid)
		listeners[pid] = append(listeners[pid], of...)
	}
	var at [][]int
	for _, now := range l.at {
		var pids []int
		for _, tid := range now {
			if pid := l.view.ProcessOf(tid); !slices.Contains(pids, pid) {
				pids = append(pids, pid)
			}
		}
		at = append(at, pids)
	}
	l.Listeners, l.at = listeners, at
	return l.count()
}

// Sharded reports whether each waits for a listener of its own.
func (l Lookouts) Sharded() bool {
	owner := map[uint64]int{}
	for who, listeners := range l.Listeners {
		for _, one := range listeners {
			if other, taken := owner[one]; taken && other != who || one == 0 {
				return false
			}
			owner[one] = who
		}
	}
	return true
}

// WaitersAt counts the threads that waited on a set in a look.
func (v *View) WaitersAt(look Look, id string) int {
	for _, s := range setsOf(look) {
		if s.ID == id {
			return len(s.Waiters)
		}
	}
	return 0
}

// SleepsInSet reports whether one of the threads was seen to sleep in a demultiplexer, or in what is not known.
func (v *View) SleepsInSet(tids []int) bool {
	for _, look := range v.Looks {
		for _, p := range look.Processes {
			for _, t := range p.Threads {
				if !slices.Contains(tids, t.TID) || !t.Asleep {
					continue
				}
				switch t.Wait.Family {
				case trace.FamilyWait, trace.FamilyPoll, trace.FamilySelect, trace.FamilyRing, "":
					return true
				}
			}
		}
	}
	return false
}

// Together reports whether two connections were there at the same look.
func (v *View) Together(a, b *Conn) bool {
	for _, look := range v.Looks {
		var both int
		for _, c := range look.Connections {
			if c.Inode != 0 && (c.Port == a.Port || c.Port == b.Port) {
				both++
			}
		}
		if both == 2 {
			return true
		}
	}
	return false
}

// CameAfter reports whether a connection was not there yet at the last look of that name.
func (v *View) CameAfter(c *Conn, name string) bool {
	for _, look := range v.Looks {
		if slices.ContainsFunc(look.Connections, func(one Connection) bool { return one.Port == c.Port }) {
			return false
		}
		if look.Name == name {
			return true
		}
	}
	return false
}
