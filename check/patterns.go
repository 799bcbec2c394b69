package check

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// MainOnlyAccepts: the main reactor accepts and hands over; it reads and writes no connection, ever.
func MainOnlyAccepts(rec *trace.Recording) Finding {
	j := judge{rec, "a thread that accepts and never reads or writes a client", "accept in one thread, all reading and writing in others"}
	s := shapeOf(rec)
	switch {
	case len(s.acceptors) == 0:
		return j.unclear("no accept of a client was seen")
	case len(s.served) == 0:
		return j.unclear("no connection was read or written")
	}
	for _, c := range s.served {
		for _, tid := range s.readers[c] {
			if s.acceptors[tid] > 0 {
				return j.fail(firstBy(c, []int{tid}), "thread %d accepted %s and also served %s",
					tid, plural(s.acceptors[tid], "connection"), c.Name)
			}
		}
	}
	c := s.served[0]
	return j.pass(firstBy(c, s.readers[c]), "%s accepted %s and served none", threadList(s.accepting()), plural(len(rec.Connections()), "connection"))
}

// SubServes: a sub-reactor serves its connections from beginning to end: one thread for each connection, which is the
// one that waits for it, and more than one thread takes part.
func SubServes(rec *trace.Recording) Finding {
	j := judge{rec,
		"each connection read and written by one thread for its whole life, the one that waits for it, and several such threads, or one beside the acceptor",
		"one owner for each connection, who is not the only thread"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	if f := j.oneOwnerWhoWaits(s); f != nil {
		return *f
	}
	if f := j.oneAlone(s); f != nil {
		return *f
	}
	c := s.served[0]
	return j.pass(append(firstBy(c, s.readers[c]), oneWaitEach(s.sets)...), "%s, each served by one of %s", plural(len(s.served), "connection"), threadList(s.owning()))
}

// AcceptorAndHandler: what a wait reports is handled by the thread that waited: the listener with accept, a connection
// with a read or write of it.
//
// A report is handled when such a call follows before the same object is reported again. A connection that is closed
// in the meantime needs no handling, nor does a mere report that there is room to write, which edge-triggered servers
// get without having asked. One report in ten may go unhandled: a client may be gone before its turn.
func AcceptorAndHandler(rec *trace.Recording) Finding {
	j := judge{rec,
		"accept after each report of the listener, a read or write of the connection after each report of it, by the thread that waited",
		"each report handled by the thread that got it"}
	h := &dispatch{rec: rec, pending: map[trace.Object]*trace.Call{}, end: stopped(rec)}
	for _, s := range stops(rec) {
		h.see(s)
	}
	unhandled := len(h.ignored) + len(h.elsewhere)
	switch {
	case h.accepts == 0 || h.handled == 0:
		if len(h.elsewhere) >= tolerated {
			return j.fail(first(h.elsewhere, 6), "%s handled by another thread than the one that waited", plural(len(h.elsewhere)/2, "report"))
		}
		return j.unclear("%s of the listener and %s of connections were followed up; both are needed",
			plural(h.accepts, "report"), plural(h.handled, "report"))
	case len(h.elsewhere) > 0 && unhandled*10 > h.handled:
		return j.fail(first(h.elsewhere, 6), "%s handled by another thread than the one that waited", plural(len(h.elsewhere)/2, "report"))
	case unhandled*10 > h.handled:
		return j.fail(first(h.ignored, 6), "%s not handled", plural(len(h.ignored), "report"))
	}
	return j.pass(h.shown, "%s of the listener followed by accept, %s of connections by a read or write; %d not",
		plural(h.accepts, "report"), plural(h.handled, "report"), unhandled)
}

// dispatch follows reports to their handling.
type dispatch struct {
	rec     *trace.Recording
	pending map[trace.Object]*trace.Call // the wait that reported it, not yet handled
	end     trace.Time

	accepts, handled     int
	ignored              []*trace.Call // waits whose report was never handled
	elsewhere            []*trace.Call // wait and call, by different threads
	shown                []*trace.Call
	shownAccept, shownIO bool
}

func (d *dispatch) see(s stop) {
	if s.call.Enter >= d.end {
		return
	}
	if w := d.rec.Wait(s.call); w != nil {
		if !s.enter {
			d.report(w)
		}
		return
	}
	o := s.call.Object
	wait := d.pending[o]
	if wait == nil || !s.enter {
		return
	}
	switch {
	case isClose(s.call):
		delete(d.pending, o)
	case isIO(s.call), s.call.Family == trace.FamilyAccept:
		delete(d.pending, o)
		d.follow(wait, s.call)
	}
}

func (d *dispatch) report(w *trace.Wait) {
	for _, r := range w.Reports {
		known := d.rec.Connection(r.Object) != nil || d.rec.Listens(r.Object)
		if !known || r.Events == trace.Out {
			continue
		}
		if was := d.pending[r.Object]; was != nil && was.TID == w.Call.TID {
			d.ignored = append(d.ignored, was)
		}
		d.pending[r.Object] = w.Call
	}
}

func (d *dispatch) follow(wait, call *trace.Call) {
	switch {
	case wait.TID != call.TID:
		d.elsewhere = append(d.elsewhere, wait, call)
	case call.Family == trace.FamilyAccept:
		d.accepts++
		if !d.shownAccept {
			d.shownAccept = true
			d.shown = append(d.shown, wait, call)
		}
	default:
		d.handled++
		if !d.shownIO {
			d.shownIO = true
			d.shown = append(d.shown, wait, call)
		}
	}
}

// ReadWorkSend: for each request the handler reads, works and sends, in this order, and all in one thread.
//
// The work itself is no system call; what is seen is that the thread which read is the thread which writes next, and
// that one thread does this for all connections.
func ReadWorkSend(rec *trace.Recording) Finding {
	j := judge{rec, "each request read and answered by the same thread, one thread for all", "the write after a read by the thread that read"}
	spans := Handlings(rec)
	if len(spans) == 0 {
		return j.unclear("no request was read and answered")
	}
	tids := map[int]Handling{}
	for _, s := range spans {
		if s.Read.TID != s.Write.TID {
			return j.fail([]*trace.Call{s.Read, s.Write}, "thread %d read %s and thread %d answered it", s.Read.TID, j.Name(s.Read.Object), s.Write.TID)
		}
		if _, known := tids[s.Read.TID]; !known {
			tids[s.Read.TID] = s
		}
	}
	if len(tids) > 1 {
		return j.fail(oneOfEach(clientCalls(rec)), "%s read and answered requests", plural(len(tids), "thread"))
	}
	i := slices.IndexFunc(rec.Connections(), func(c *trace.Connection) bool { return c.Object == spans[0].Read.Object })
	return j.pass([]*trace.Call{rec.Connections()[i].Accept, spans[0].Read, spans[0].Write},
		"thread %d read and answered all %s", spans[0].Read.TID, plural(len(spans), "request"))
}
