package check

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// KernelReportsReady: the server hands its descriptors to the kernel, is told which are ready, and handles those.
//
// Every read of a connection needs a licence. A report that names the connection gives one. The licence ends
//   - with a read that found nothing (EAGAIN), the end, or an error;
//   - with a read that did not fill its buffer, as soon as the thread waits again. Before that one more read may look
//     whether this was all, if it does not block. A call that asks and does not wait (a timeout of 0) is no wait: a
//     runtime makes one between two steps of whatever it schedules, for others;
//   - never with a read that filled its buffer: there may be more, and a fair server may read on later, after having
//     looked at the others.
//
// A first read straight after accept needs no report when it does not block: the data often came with the connection,
// and many servers look.
//
// The other way round, what is reported must be handled: a connection reported over and over again with nothing done
// about it is a busy loop, such as a server that stays registered for EPOLLOUT with nothing to write.
func KernelReportsReady(rec *trace.Recording) Finding {
	j := judge{rec,
		"each read of a connection to follow a report that names it, and each report to be handled",
		"a wait that names the connection before each read of it"}
	l := &licences{rec: rec, of: map[*trace.Connection]*licence{}, short: map[int][]*licence{}}
	for _, s := range stops(rec) {
		l.see(s)
	}
	switch {
	case l.reads == 0:
		return j.unclear("no connection was read")
	case len(l.unlicensed) >= tolerated || len(l.unlicensed)*10 >= l.reads:
		return j.fail(first(l.unlicensed, 6), "%d of %s without a report that names the connection, %d of them found nothing",
			len(l.unlicensed), plural(l.reads, "read"), l.empty)
	case l.reports == 0:
		return j.unclear("no wait reported a connection; each was read only straight after its accept")
	}
	if spin := spinning(rec); len(spin) > 0 {
		return j.fail(first(spin, 6), "%s was reported %d times in a row with nothing done about it", j.subject(spin[0]), len(spin))
	}
	return j.pass(l.example, "%s, each after one of %s; %d straight after accept, %d without",
		plural(l.reads, "read"), plural(l.reports, "report"), l.optimistic, len(l.unlicensed))
}

// tolerated is how many reads without a report are too many. One or two are a server's own business, such as a last
// look before it closes; a server that does not ask the kernel makes one per request.
const tolerated = 3

// licences follows which connections may be read.
type licences struct {
	rec   *trace.Recording
	of    map[*trace.Connection]*licence
	short map[int][]*licence // those that end when the thread waits again

	reads, reports, optimistic, empty int
	unlicensed                        []*trace.Call
	example                           []*trace.Call // the first report and the read it licensed
}

type licence struct {
	by    *trace.Call // the wait that reported, or the accept; nil: none
	short bool        // a read did not fill its buffer
}

func (l *licences) see(s stop) {
	c := l.rec.Connection(s.call.Object)
	w := l.rec.Wait(s.call)
	switch {
	case s.enter && w != nil && w.Degree > 0 && s.call.Timeout != 0:
		l.expire(s.call.TID)
	case !s.enter && w != nil:
		for _, c := range naming(l.rec, w) {
			l.reports++
			l.grant(c, s.call)
		}
	case !s.enter && s.call.Family == trace.FamilyAccept:
		for _, fd := range s.call.Made {
			if c := l.rec.Connection(fd.Object); c != nil {
				l.grant(c, s.call)
			}
		}
	case s.enter && c != nil && isRead(s.call) && !interrupted(s.call):
		l.read(c, s.call)
	}
}

func (l *licences) grant(c *trace.Connection, by *trace.Call) { l.of[c] = &licence{by: by} }

func (l *licences) expire(tid int) {
	for _, lic := range l.short[tid] {
		if lic.short {
			lic.by = nil
		}
	}
	l.short[tid] = l.short[tid][:0]
}

func (l *licences) read(c *trace.Connection, call *trace.Call) {
	l.reads++
	lic := l.of[c]
	if lic == nil {
		lic = &licence{}
		l.of[c] = lic
	}
	if !l.allows(lic, call) {
		l.unlicensed = append(l.unlicensed, call)
		if call.Errno == "EAGAIN" {
			l.empty++
		}
		return
	}
	if lic.by.Family == trace.FamilyAccept {
		l.optimistic++
	} else if l.example == nil {
		l.example = []*trace.Call{lic.by, call}
	}
	switch {
	case call.Result <= 0:
		lic.by = nil
	case full(call):
		lic.short = false
	default:
		lic.short = true
		if !slices.Contains(l.short[call.TID], lic) {
			l.short[call.TID] = append(l.short[call.TID], lic)
		}
	}
}

func (l *licences) allows(lic *licence, call *trace.Call) bool {
	if lic.by == nil {
		return false
	}
	return call.Nonblock || lic.by.Family != trace.FamilyAccept && !lic.short
}
