package identify

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// variant says which kind of an architecture it is, where there are several, in words.
func variant(s *survey, architecture string) string {
	switch architecture {
	case "process-per-connection":
		return s.processVariant()
	case "multi-reactor-threads":
		return s.acceptVariant(func(tid int) int { return tid })
	case "process-pool", "multi-reactor-processes":
		return s.acceptVariant(s.processOf)
	case "thread-pool":
		return s.poolVariant()
	case "single-reactor-threads":
		return s.workersVariant()
	case "managed-runtime":
		if len(s.serving()) > 1 {
			return "in several processes"
		}
	case "proactor":
		if s.rings.accept == nil && len(s.accepts) > 0 {
			return "clients are accepted by a call"
		}
	}
	return ""
}

func (s *survey) processVariant() string {
	executed, pairs := 0, 0
	for _, c := range s.conns {
		if len(c.processes) > 1 {
			pairs++
		}
		if slices.ContainsFunc(c.processes, func(pid int) bool { return s.leaders[pid] != nil && len(s.leaders[pid].Execs) > 0 }) {
			executed++
		}
	}
	switch {
	case nearlyAll(pairs, len(s.conns)):
		return "two processes for each connection"
	case nearlyAll(executed, len(s.conns)):
		return "each executes another program, as under inetd"
	}
	return "each is a copy of the one that accepts"
}

// acceptVariant says who serves what a thread or a process has accepted.
func (s *survey) acceptVariant(who func(tid int) int) string {
	own, all := s.kept(who)
	accepting := map[int]bool{}
	for tid := range s.accepts {
		accepting[who(tid)] = true
	}
	switch {
	case nearlyAll(own, all):
		return "each accepts what it serves"
	case len(accepting) > 1:
		return "several accept, and hand over to one another"
	}
	return "one accepts and hands over"
}

func (s *survey) poolVariant() string {
	begun, late := s.begun(), 0
	threads := s.spans(func(c *trace.Call) int { return c.TID })
	for tid := range threads {
		if t := s.tasks[tid]; t != nil && t.At > begun {
			late++
		}
	}
	switch {
	case 2*late <= len(threads):
		return "filled beforehand"
	case connectionsWait(s).answer != Yes:
		return "filled as clients come, and never full: or a thread for each connection, kept for another one"
	}
	return "filled as clients come"
}

func (s *survey) workersVariant() string {
	tid := s.waiting()[0]
	own := 0
	for _, c := range s.conns {
		if slices.Contains(c.threads, tid) {
			own++
		}
	}
	switch {
	case hardlyAny(own, len(s.conns)):
		return "the workers read and write what the reactor is told of"
	case oneThread(s).answer == Yes:
		return "the workers do the work, and the reactor all reading and writing"
	}
	return "I/O threads read or write for the reactor"
}

// strange says what a server is that has none of the architectures, where there is a word for it.
func strange(s *survey, signs map[string]Sign) string {
	switch {
	case len(s.sets) == 1 && len(s.waiting()) > 1 && signs["scheduled"].Answer == No && signs["one-owner"].Answer == No:
		return "several threads wait on one set, and whoever is told of a connection handles it: leader and followers"
	case signs["process-one-at-a-time"].Answer == Yes && signs["several-processes"].Answer == No:
		return "one client after another, each served to its end"
	}
	return ""
}
