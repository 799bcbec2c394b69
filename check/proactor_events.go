package check

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/trace"
)

// Reactor and Proactor both dispatch events: the one, what can be done now; the other, what has been done. So the order of
// event and data tells them apart.

// ReactorIsSync: whoever is told that a client is ready reads by a call of its own, which does not block. The calls
// account for every byte that clients sent; what arrived without a call was read by somebody else.
func ReactorIsSync(rec *trace.Recording) Finding {
	j := judge{rec, "all that clients send read by calls of the server's own, which do not block", "non-blocking reads that account for every byte"}
	reads, n := 0, 0
	var blocking, shown []*trace.Call
	for _, c := range rec.Connections() {
		asked, _ := volume(c)
		if asked == 0 {
			continue
		}
		var read int64
		n++
		for _, call := range c.Calls {
			if !isRead(call) || call.Exit == 0 {
				continue
			}
			reads++
			if !call.Nonblock {
				blocking = append(blocking, call)
			}
			if inMessages(call) {
				read = max(read, asked) // how many bytes is not known
			}
			read += max(0, call.Result)
			if len(shown) < 3 {
				shown = append(shown, call)
			}
		}
		if read < asked {
			if rec.End == nil || rec.End.Lost > 0 {
				return j.unclear("calls on %s were missed by the observer", c.Name)
			}
			return j.fail(append(first(calls(operationsOf(rec).of[c.Object]), 4), first(c.Calls, 4)...),
				"%s sent %d bytes and was answered, and calls read %d of them", c.Name, asked, read)
		}
	}
	switch {
	case n == 0:
		return j.unclear("no request was answered")
	case len(blocking) >= tolerated && len(blocking)*10 >= reads:
		return j.fail(first(blocking, 6), "%d of %s can block", len(blocking), plural(reads, "read"))
	}
	return j.pass(shown, "%s by the server's own threads bring every byte of %s; %d of them could block", plural(reads, "read"), plural(n, "client"), len(blocking))
}

// EventThenData: a Reactor is told first, and the data are read then: the wait reports, the read follows, then comes the
// answer. What is read straight after accept was announced by the listener's report; for what a report allows, see
// KernelReportsReady. A thread that was told of one client and looks at others too has been told of something: whether it
// should is that claim's affair, and how often it finds something there is chance.
func EventThenData(rec *trace.Recording) Finding {
	j := judge{rec, "a report of the client, then the read of its request, then the answer", "a wait that reports the client before its request is read"}
	l := &licences{rec: rec, of: map[*trace.Connection]*licence{}, short: map[int][]*licence{}}
	for _, s := range stops(rec) {
		l.see(s)
	}
	spans, told := Handlings(rec), ownWaitsOf(rec)
	var shown, before []*trace.Call
	unannounced := 0
	for _, h := range spans {
		if slices.Contains(l.unlicensed, h.Read) && !told.announced(h.Read) {
			unannounced++
			before = append(before, h.Read, h.Write)
		} else if len(l.example) == 2 && h.Read == l.example[1] {
			shown = []*trace.Call{l.example[0], h.Read, h.Write}
		}
	}
	switch {
	case len(spans) == 0:
		return j.untouched("no request was read and answered")
	case unannounced >= tolerated && unannounced*10 >= len(spans):
		return j.fail(first(before, 6), "%d of %s read with no report of the client before", unannounced, plural(len(spans), "request"))
	case l.reports == 0:
		return j.unclear("no wait reported a connection; each was read only straight after its accept")
	}
	return j.pass(shown, "%s: reported, read, answered, in this order; %d read without a report", plural(len(spans), "request"), unannounced)
}

// ownWaits are the waits of each thread that cover clients, by Seq.
type ownWaits map[int][]*trace.Wait

func ownWaitsOf(rec *trace.Recording) ownWaits {
	by := ownWaits{}
	for _, w := range rec.Waits() {
		if w.Degree > 0 {
			by[w.Call.TID] = append(by[w.Call.TID], w)
		}
	}
	return by
}

// announced reports whether the last of them that the thread made before the call reported any event.
func (by ownWaits) announced(c *trace.Call) bool {
	waits := by[c.TID]
	i, _ := slices.BinarySearchFunc(waits, c.Seq, func(w *trace.Wait, seq int64) int { return cmp.Compare(w.Call.Seq, seq) })
	return i > 0 && len(waits[i-1].Reports) > 0
}

// DataThenEvent: a Proactor is told last: the data are in the buffer, and what was done is the event. Between a request
// and its answer a receive completes, and the server reads nothing itself.
func DataThenEvent(rec *trace.Recording) Finding {
	j := judge{rec, "between a request and its answer the completion of a receive, and no read by who is told", "the completion of a receive that brought the request"}
	ops := operationsOf(rec)
	own := map[trace.Object][]*trace.Call{}
	for _, c := range ownCalls(rec, false) {
		if brought(c) {
			own[c.Object] = append(own[c.Object], c)
		}
	}
	var n, wrong int
	var shown, missing []*trace.Call
	for _, x := range answered(rec) {
		n++
		got := ops.received(x)
		self := slices.ContainsFunc(own[x.Object], func(c *trace.Call) bool { return x.within(c.Exit) })
		if got == nil || self {
			wrong++
			missing = append(missing, j.during(x)...)
		} else if shown == nil {
			shown = j.fromRequestToAnswer(got, x)
		}
	}
	switch {
	case n == 0:
		return j.unclear("no request was answered")
	case wrong*10 > n:
		return j.fail(first(missing, 6), "%d of %s came by no operation, or were read by who was told", wrong, plural(n, "request"))
	}
	return j.pass(shown, "%d of %s: received, then told, then answered", n-wrong, plural(n, "request"))
}

// fromRequestToAnswer shows a delivery and what followed it.
func (j judge) fromRequestToAnswer(got *delivery, x exchange) []*trace.Call {
	shown := []*trace.Call{got.of.begun, got.seen}
	for _, c := range x.Calls {
		if isWrite(c) && x.within(c.Enter) {
			return append(shown, c)
		}
	}
	if o := operationsOf(j.Recording).begun(sends, x); o != nil {
		shown = append(shown, o.begun)
	}
	return shown
}
