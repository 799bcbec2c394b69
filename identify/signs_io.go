package identify

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// kernelOperates: operations on nearly all connections were submitted to a ring, and nobody read them by a call.
func kernelOperates(s *survey) reply {
	if ring := s.someRing(); len(s.conns) == 0 && s.rings.total() == 0 && s.answered >= 2 && ring != nil {
		return yes([]*trace.Call{ring}, "%s answered with no call on any connection, by a server that has a ring", plural(s.answered, "request"))
	}
	if r := s.idle(); r != nil {
		return *r
	}
	byRing, byCall := s.rings.total(), 0
	var reads []*trace.Call
	for _, c := range s.conns {
		i := slices.IndexFunc(c.io, brought)
		switch {
		case i >= 0:
			byCall++
			reads = append(reads, c.io[i])
		case s.rings.data[c.Object] > 0:
			byRing++
		}
	}
	if nearlyAll(byRing, byRing+byCall) {
		return yes(first(s.rings.moving, 4), "operations on %s were submitted to io_uring, and %d were read by a call", plural(byRing, "connection"), byCall)
	}
	if s.rings.other > 0 && byRing == 0 {
		return no(first(reads, 3), "%s read by calls; io_uring is used for something else, %s", plural(byCall, "connection"), plural(s.rings.other, "operation"))
	}
	return no(first(reads, 3), "%s read by calls, %d by io_uring", plural(byCall, "connection"), byRing)
}

// someRing gives a call by which a server shows that it has a ring.
func (s *survey) someRing() *trace.Call {
	i := slices.IndexFunc(s.rec.Calls, func(c *trace.Call) bool { return c.Name == "io_uring_setup" && c.Result >= 0 })
	if i < 0 {
		return s.rings.opaque
	}
	return s.rec.Calls[i]
}

// waitsForMany: nearly all connections that asked several times were in a set with others, of which some wait told. One
// that asked once may have been read and answered with no wait at all.
func waitsForMany(s *survey) reply {
	if r := s.idle(); r != nil {
		return *r
	}
	conns, _ := s.shared()
	if len(conns) == 0 {
		conns = s.conns
	}
	within, most := 0, 0
	var waits, reads []*trace.Call
	for _, c := range conns {
		if len(c.waiters) > 0 {
			within++
		} else if len(c.io) > 0 {
			reads = append(reads, c.io[0])
		}
	}
	for _, one := range s.sets {
		most = max(most, one.degree)
		waits = append(waits, one.wait)
	}
	switch {
	case nearlyAll(within, len(conns)):
		return yes(first(waits, 4), "%d of %s, up to %d in one wait", within, plural(len(conns), "connection"), most)
	case s.rings.opaque != nil:
		return unknown(loadFromStart, "%d of %s, and there is a ring that cannot be read: it may wait for them", within, plural(len(conns), "connection"))
	case hardlyAny(within, len(conns)):
		return no(first(reads, 4), "no wait covers two of the connections, but for %d of %d", within, len(conns))
	}
	return unknown(loadAtOnce, "%d of %s are waited for together with others, the rest each on its own", within, plural(len(conns), "connection"))
}
