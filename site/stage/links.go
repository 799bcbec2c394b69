package stage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// Link is what passes from one participant to another.
type Link struct {
	From, To *Actor
	What     string // "connection", "request", "result", "word", "process"
	How      string // "memory", "fork", "SCM_RIGHTS", "eventfd", "pipe", "socketpair"
	Count    int
}

// links finds the hand-overs: connections from who accepted to who serves, requests to workers, results from them, and
// words that wake somebody.
func (s *Stage) links() {
	counts := map[Link]int{}
	add := func(from, to int, what, how string) {
		a, b := s.Actor(from), s.Actor(to)
		if a != nil && b != nil && a != b {
			counts[Link{From: a, To: b, What: what, How: how}]++
		}
	}
	for _, c := range s.Rec.Connections() {
		if c.Accept == nil {
			continue
		}
		if to := firstServer(c); to != nil {
			add(c.Accept.TID, to.TID, "connection", s.travel(c, to))
		}
	}
	s.errands(add)
	for _, op := range s.Ops {
		if op.Clients && op.From != nil {
			add(op.From.TID, kernelTID, "operation", "io_uring")
		}
		if op.Clients && op.Told != nil {
			add(kernelTID, op.Told.TID, "completion", "io_uring")
		}
	}
	for _, w := range s.words() {
		add(w.Written.TID, w.Read.TID, "word", s.channel(w.Read.Object))
	}
	for _, a := range s.Actors {
		if a.Leader && a.Parent != 0 {
			add(a.Parent, a.TID, "process", "clone")
		}
	}
	for l, n := range counts {
		l.Count = n
		s.Links = append(s.Links, l)
	}
	slices.SortFunc(s.Links, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.From.Born, b.From.Born), cmp.Compare(a.To.Born, b.To.Born), cmp.Compare(a.To.TID, b.To.TID), cmp.Compare(a.What, b.What), cmp.Compare(a.How, b.How))
	})
}

// errands adds what passes between a thread that does I/O and those that work for it.
func (s *Stage) errands(add func(from, to int, what, how string)) {
	words, accepts := s.words(), s.acceptors()
	for _, h := range check.Handlings(s.Rec) {
		if h.Write.Enter >= stopped(s.Rec) {
			continue
		}
		w := worker(words, accepts, h)
		if w == 0 {
			for _, a := range s.Actors {
				if a.Guessed {
					w = a.TID
				}
			}
		}
		if w == 0 || w == h.Read.TID && w == h.Write.TID {
			continue
		}
		add(h.Read.TID, w, "request", s.between(words, h, h.Read.TID, w))
		add(w, h.Write.TID, "result", s.between(words, h, w, h.Write.TID))
	}
}

// between says by what one thread told another, between the read of a request and its answer. An eventfd only wakes: what
// it is about lies in memory.
func (s *Stage) between(words []check.Word, h check.Handling, from, to int) string {
	for _, w := range words {
		if w.Written.TID == from && w.Read.TID == to && w.Read.Exit >= h.Read.Exit && w.Read.Exit <= h.Write.Enter {
			if how := s.channel(w.Read.Object); how != "eventfd" {
				return how
			}
		}
	}
	return "memory"
}

// firstServer is the first call that reads or writes the connection.
func firstServer(c *trace.Connection) *trace.Call {
	i := slices.IndexFunc(c.Calls, func(call *trace.Call) bool {
		return call.Family == trace.FamilyRead || call.Family == trace.FamilyWrite
	})
	if i < 0 {
		return nil
	}
	return c.Calls[i]
}

// travel says how a connection came from who accepted it to who serves it.
func (s *Stage) travel(c *trace.Connection, to *trace.Call) string {
	switch {
	case c.Accept.PID == to.PID:
		return "memory"
	case len(c.Passed) > 0:
		return "SCM_RIGHTS"
	default:
		return "fork"
	}
}

// channel is the kind of object that a word went through.
func (s *Stage) channel(o trace.Object) string {
	kind, _, _ := strings.Cut(string(o), ":")
	if kind == "socket" {
		return "socketpair"
	}
	return kind
}
