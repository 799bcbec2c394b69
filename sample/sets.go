package sample

import (
	"fmt"
	"slices"

	"github.com/iospec/iospec/trace"
)

// Set is what waits for several descriptors, as it was seen in all looks together: an epoll instance, the array of a thread's
// select or poll, or a ring that is asked for readiness.
type Set struct {
	ID        string
	Family    trace.Family // "" where it is select or poll, and cannot be seen which
	PID       int
	Waiters   []int             // threads that were seen to wait on it
	AtOnce    int               // connections that it covered in one look, at most
	Conns     map[uint64]uint32 // the connections that it ever covered, with the events asked for
	Listeners map[uint64]uint32
	Guessed   bool // what it covers, or who waits on it, follows from who runs
}

// setsOf lists the sets on which some thread waits in a look. An epoll instance within another is waited on by whoever waits
// on the outer one, epoll(7).
func setsOf(look Look) []Set {
	conns, listeners := map[uint64]bool{}, map[uint64]bool{}
	for _, c := range look.Connections {
		conns[c.Inode] = c.Inode != 0
	}
	for _, l := range look.Listeners {
		listeners[l] = true
	}
	sets := map[string]*Set{}
	var order []string
	join := func(id string, family trace.Family, pid, tid int, members []Member) {
		s := sets[id]
		if s == nil {
			s = &Set{ID: id, Family: family, PID: pid, Conns: map[uint64]uint32{}, Listeners: map[uint64]uint32{}}
			sets[id] = s
			order = append(order, id)
		}
		s.Waiters = append(s.Waiters, tid)
		for _, m := range members {
			switch {
			case conns[m.Inode]:
				s.Conns[m.Inode] |= m.Events
			case listeners[m.Inode]:
				s.Listeners[m.Inode] |= m.Events
			}
		}
		s.AtOnce = len(s.Conns)
	}
	for _, p := range look.Processes {
		for _, t := range p.Threads {
			p.waits(t, join)
		}
	}
	var all []Set
	for _, id := range order {
		all = append(all, *sets[id])
	}
	return all
}

// waits says on what a thread waits.
func (p Process) waits(t Thread, join func(id string, family trace.Family, pid, tid int, members []Member)) {
	switch w := t.Wait; {
	case w.Either:
		join(fmt.Sprintf("poll or select of %d", t.TID), "", p.PID, t.TID, nil)
	case w.Family == trace.FamilyPoll || w.Family == trace.FamilySelect:
		join(fmt.Sprintf("%s of %d", w.Family, t.TID), w.Family, p.PID, t.TID, w.Members)
	case w.Family == trace.FamilyRing:
		for _, d := range p.Descriptors {
			if d.Ring && (d.FD == w.FD || w.FD < 0) && d.pending("POLL_ADD") > 1 {
				join(fmt.Sprintf("ring %d of %d", d.FD, p.PID), w.Family, p.PID, t.TID, nil)
			}
		}
	case w.Family == trace.FamilyWait && w.FD >= 0:
		p.nested(w.FD, map[int]bool{}, func(d Descriptor) {
			join(fmt.Sprintf("epoll %d of %d", d.FD, p.PID), w.Family, p.PID, t.TID, d.Watched)
		})
	}
}

// nested visits an epoll instance, and those that it watches.
func (p Process) nested(fd int, seen map[int]bool, visit func(Descriptor)) {
	i := slices.IndexFunc(p.Descriptors, func(d Descriptor) bool { return d.FD == fd && d.Epoll })
	if i < 0 || seen[fd] {
		return
	}
	seen[fd] = true
	visit(p.Descriptors[i])
	for _, m := range p.Descriptors[i].Watched {
		p.nested(m.FD, seen, visit)
	}
}

func (d Descriptor) pending(op string) (n int) {
	for _, p := range d.Pending {
		if p == op {
			n++
		}
	}
	return n
}

// sets puts the looks together.
func (o *Observation) sets() []*Set {
	var all []*Set
	for _, look := range o.Looks {
		for _, now := range setsOf(look) {
			i := slices.IndexFunc(all, func(s *Set) bool { return s.ID == now.ID })
			if i < 0 {
				all = append(all, &now)
				continue
			}
			all[i].add(now)
		}
	}
	return all
}

func (s *Set) add(now Set) {
	for _, tid := range now.Waiters {
		s.wait(tid)
	}
	for inode, events := range now.Conns {
		s.Conns[inode] |= events
	}
	for inode, events := range now.Listeners {
		s.Listeners[inode] |= events
	}
	s.AtOnce = max(s.AtOnce, now.AtOnce)
}

func (s *Set) wait(tid int) {
	if !slices.Contains(s.Waiters, tid) {
		s.Waiters = append(s.Waiters, tid)
	}
}
