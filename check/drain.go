package check

import (
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// EdgeMustDrain: an edge-triggered server takes all there is before it lets a connection rest, since nothing will tell
// it of the remainder.
//
// Each report ends in a read that found nothing (EAGAIN), the end, an error, or that did not fill its buffer: on a
// stream a short read is enough; and so is to have read as much as ioctl(FIONREAD) said there is, as nginx does. The
// server may put this off and wait in between without sleeping, as fair servers do,
// and while the connection's own reply is stuck; what convicts is a connection with something owed to it that the
// thread sleeps on, and that nobody reads or writes before the next report, or ever. Where threads pass a connection to
// one another, as runtimes do, a call shows the sleep of one and none that another is about to read. Then the next report
// convicts only if the client was left without an answer.
func EdgeMustDrain(rec *trace.Recording) Finding {
	j := judge{rec,
		"reading until EAGAIN, a short read or the end, each time a connection is reported",
		"one more read before the next wait that may sleep"}
	if f := EdgeTriggered(rec); f.Outcome != Pass {
		f.Expected, f.Acquit = j.expected, j.acquit
		return f
	}
	d := &drain{
		rec: rec, of: map[*trace.Connection]*owed{}, by: map[int]map[*trace.Connection]bool{}, end: stopped(rec),
		until: map[*trace.Connection]trace.Time{},
	}
	for _, s := range stops(rec) {
		d.see(s)
	}
	for _, c := range rec.Connections() {
		d.abandoned(c)
	}
	if d.left != nil {
		c := d.left
		f := j.fail(d.witness, "%s was left undrained, %s in all", c.Name, plural(d.times, "time"))
		if c.Client != nil && unanswered(c.Client) != "" {
			f = f.told("%s: %s", j.client(c.Client), unanswered(c.Client))
		}
		return f
	}
	switch {
	case d.reports == 0:
		return j.unclear("no connection was reported")
	case d.filled == 0 && d.empty < d.reports/2:
		return j.unclear("no request was larger than the buffer it was read into, so that one read was always enough")
	}
	return j.pass(d.shown, "%s drained; %s filled the buffer and were followed by another, %s found nothing",
		plural(d.reports, "report"), plural(d.filled, "read"), plural(d.empty, "read"))
}

// drain follows what each connection is owed.
type drain struct {
	rec *trace.Recording
	of  map[*trace.Connection]*owed
	by  map[int]map[*trace.Connection]bool // what each thread owes
	end trace.Time

	until map[*trace.Connection]trace.Time // see closed

	reports, filled, empty, times int
	left                          *trace.Connection // the first that was abandoned, with its witness
	witness, shown                []*trace.Call
}

// owed is a connection that may have something to read.
type owed struct {
	report *trace.Call // the wait that told of it
	read   *trace.Call // the last read, which filled its buffer; nil if there was none since
	tid    int         // who owes it
	slept  *trace.Call // the wait that the thread entered all the same
	asked  bool        // FIONREAD has told how much there is
	left   int64       // of that, how much is unread
	stuck  bool        // its reply waits for room
}

func (d *drain) see(s stop) {
	if s.call.Enter >= d.end {
		return
	}
	w := d.rec.Wait(s.call)
	switch {
	case w != nil && s.enter && sleeps(s.call):
		for c := range d.by[s.call.TID] {
			if o := d.of[c]; o.slept == nil && !o.stuck {
				o.slept = s.call
			}
		}
		return
	case w != nil && !s.enter:
		d.report(w)
		return
	}
	c := d.rec.Connection(s.call.Object)
	if c == nil || !s.enter || interrupted(s.call) {
		return
	}
	switch {
	case isClose(s.call):
		d.settle(c)
	case s.call.Option == "FIONREAD":
		d.asked(c, s.call)
	case isWrite(s.call):
		if o := d.of[c]; o != nil {
			o.stuck = blockedWrite(s.call)
			d.passOn(c, s.call.TID)
		}
	case isRead(s.call):
		d.read(c, s.call)
	}
}

func (d *drain) report(w *trace.Wait) {
	for _, r := range w.Reports {
		c := d.rec.Connection(r.Object)
		if c == nil || r.Events&(trace.In|trace.Hup|trace.Rdhup|trace.Err) == 0 || d.closed(c) <= w.Call.Exit {
			continue
		}
		d.reports++
		d.again(c)
		stuck := d.of[c] != nil && d.of[c].stuck
		d.owe(c, &owed{report: w.Call, tid: w.Call.TID, stuck: stuck})
	}
}

func (d *drain) owe(c *trace.Connection, o *owed) {
	d.settle(c)
	d.of[c] = o
	if d.by[o.tid] == nil {
		d.by[o.tid] = map[*trace.Connection]bool{}
	}
	d.by[o.tid][c] = true
}

// passOn notes that a thread is at work for the connection: what it slept on before counts no more, and what is owed, it
// owes.
func (d *drain) passOn(c *trace.Connection, tid int) {
	o := d.of[c]
	if !d.by[o.tid][c] {
		return
	}
	delete(d.by[o.tid], c)
	o.tid, o.slept = tid, nil
	d.owe(c, o)
}

// settle notes that nothing is owed any more. Whether the reply is stuck stays known.
func (d *drain) settle(c *trace.Connection) {
	o := d.of[c]
	if o == nil {
		return
	}
	delete(d.by[o.tid], c)
	d.of[c] = &owed{tid: o.tid, stuck: o.stuck}
}

func (d *drain) read(c *trace.Connection, call *trace.Call) {
	was := d.of[c]
	if was != nil && was.read != nil {
		d.filled++
		if d.shown == nil {
			d.shown = []*trace.Call{was.report, was.read, call}
		}
	}
	if call.Errno == "EAGAIN" {
		d.empty++
		if d.shown == nil && was != nil {
			d.shown = []*trace.Call{was.report, call}
		}
	}
	if !full(call) {
		d.settle(c)
		return
	}
	next := &owed{read: call, tid: call.TID}
	if was != nil {
		next.report, next.stuck = was.report, was.stuck
		next.asked, next.left = was.asked, was.left-call.Result
	}
	if d.owe(c, next); next.asked && next.left <= 0 {
		d.settle(c)
	}
}

// asked notes how much there is to read, as the thread was told.
func (d *drain) asked(c *trace.Connection, call *trace.Call) {
	o := d.of[c]
	if o == nil || call.Errno != "" {
		return
	}
	if o.asked, o.left = true, call.Value; o.left == 0 {
		d.empty++
		d.settle(c)
	}
}

// closed is when the connection was closed: an event may be on its way while another thread closes.
func (d *drain) closed(c *trace.Connection) trace.Time {
	until, known := d.until[c]
	if !known {
		_, until = lifetime(c)
		d.until[c] = until
	}
	return until
}

// again notes a connection that is reported while something is owed to it.
func (d *drain) again(c *trace.Connection) {
	o := d.of[c]
	if o == nil || o.slept == nil {
		return
	}
	shared := slices.ContainsFunc(threads(c, isIO), func(tid int) bool { return tid != o.tid })
	if !shared || c.Client != nil && unanswered(c.Client) != "" {
		d.abandoned(c)
	}
}

// abandoned notes a connection that its thread slept on without ever coming back to it.
func (d *drain) abandoned(c *trace.Connection) {
	o := d.of[c]
	if o == nil || o.slept == nil {
		return
	}
	d.times++
	if d.left == nil {
		d.left, d.witness = c, []*trace.Call{c.Accept, o.report, o.read, o.slept}
	}
}

// EdgeNonblocking: every edge-triggered connection is non-blocking, and reading goes on until EAGAIN or a short read.
func EdgeNonblocking(rec *trace.Recording) Finding {
	j := judge{rec, "edge-triggered connections in non-blocking mode, read to EAGAIN or a short read", "O_NONBLOCK on each connection before it is read"}
	if f := EdgeTriggered(rec); f.Outcome != Pass {
		f.Expected, f.Acquit = j.expected, j.acquit
		return f
	}
	edge := addedTo(rec)
	reads, ends := 0, 0
	var shown []*trace.Call
	for _, o := range slices.Sorted(maps.Keys(edge)) {
		for _, call := range rec.Connection(o).Calls {
			if !isRead(call) {
				continue
			}
			reads++
			if !call.Nonblock {
				return j.fail([]*trace.Call{rec.Connection(o).Accept, firstCtl(edge[o]), call},
					"%s is read in blocking mode", j.Name(o))
			}
			if call.Errno == "EAGAIN" || call.Exit != 0 && !full(call) {
				ends++
				shown = append(shown, call)
			}
		}
	}
	switch {
	case reads == 0:
		return j.unclear("no edge-triggered connection was read")
	case ends == 0:
		return j.unclear("no read came to an end, by EAGAIN or short")
	}
	return j.pass(first(shown, 3), "%s, none of which could block; %d of them ended in EAGAIN, a short read or the end", plural(reads, "read"), ends)
}
