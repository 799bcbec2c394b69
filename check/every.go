package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/iospec/iospec/trace"
)

// Answered: every client got a right answer to everything it asked.
func Answered(rec *trace.Recording) Finding {
	j := judge{rec, "every client gets its answers, every byte of them right", "an answer to each request"}
	n, _, _ := answers(rec)
	var wrong []string
	for i := range rec.Clients {
		if text := unanswered(&rec.Clients[i]); text != "" {
			wrong = append(wrong, j.client(&rec.Clients[i])+": "+text)
		}
	}
	switch {
	case len(wrong) > 0:
		f := j.fail(nil, "%d of %s got no right answer; %s answered", len(wrong), plural(len(rec.Clients), "client"), plural(n, "request"))
		for _, text := range first(wrong, maxWitnesses) {
			f = f.told("%s", text)
		}
		return f
	case n == 0:
		return j.unclear("no request was recorded")
	}
	return j.pass(nil, "%s of %s answered", plural(n, "request"), plural(len(rec.Clients), "client"))
}

// unanswered says what a client did not get, "" when it got everything.
func unanswered(c *trace.Client) string {
	if c.Error != "" {
		return c.Error
	}
	for i, x := range c.Exchanges {
		if x.Answered == 0 {
			return fmt.Sprintf("request %d of %d bytes was never answered", i+1, x.Out)
		}
	}
	return ""
}

// client names a client by its connection, or by its port when the server never had it.
func (j judge) client(c *trace.Client) string {
	for _, conn := range j.Connections() {
		if conn.Client == c {
			return fmt.Sprintf("%s (%s, port %d)", conn.Name, c.Role, c.Port)
		}
	}
	return fmt.Sprintf("the client of port %d (%s), which the server never accepted", c.Port, c.Role)
}

// quiet is when nothing was asked: between the marks "phase quiet" and "phase end quiet".
func quiet(rec *trace.Recording) (from, until trace.Time, ok bool) {
	for _, m := range rec.Marks {
		switch {
		case m.Name == "phase quiet":
			from, until = m.At, 0
		case m.Name == "phase end quiet" && from != 0:
			until = m.At
		}
	}
	return from, until, from != 0 && until > from
}

// busyRate is how many calls a second a server may make with nothing to do. Timers of servers run at 1 to 100 a
// second; a loop that does not sleep makes thousands, under a tracer too.
const busyRate = 500

// manyCalls is how many calls a busy loop makes at least in the quiet phase: a few wake-ups in a short phase are none.
const manyCalls = 50

// NoBusyLoop: with nothing to do, the server does nothing; and it is not told again and again of what it does not
// handle.
func NoBusyLoop(rec *trace.Recording) Finding {
	j := judge{rec,
		"a server that sleeps in its wait while nothing happens, and handles what it is told of",
		"wake-ups that lead to work, and none without an event"}
	if spin := spinning(rec); len(spin) > 0 {
		return j.fail(spin, "%s was reported %d times in a row with nothing done about it", j.subject(spin[0]), len(spin))
	}
	from, until, ok := quiet(rec)
	if !ok {
		return j.unclear("the recording has no quiet phase")
	}
	serving := servingThreads(rec)
	if len(serving) == 0 {
		return j.unclear("no thread served anybody")
	}
	var calls []*trace.Call
	for tid := range serving {
		for _, c := range rec.Thread(tid) {
			if c.Enter >= from && c.Enter < until {
				calls = append(calls, c)
			}
		}
	}
	took := time.Duration(until - from)
	rate := float64(len(calls)) / took.Seconds()
	if len(calls) >= manyCalls && rate > busyRate {
		return j.fail(first(calls, 6), "%s in %s with nothing to do, %.0f a second", plural(len(calls), "call"), took.Round(time.Millisecond), rate)
	}
	return j.pass(first(calls, 3), "%s in %s with nothing to do", plural(len(calls), "call"), took.Round(time.Millisecond))
}

// subject names what a wait reported first.
func (j judge) subject(c *trace.Call) string {
	if w := j.Wait(c); w != nil {
		if cs := naming(j.Recording, w); len(cs) > 0 {
			return cs[0].Name
		}
	}
	return strings.TrimSpace(c.Name)
}

// servingThreads are those that accepted, read or wrote a connection, waited for one, or collected completions.
func servingThreads(rec *trace.Recording) map[int]bool {
	tids := map[int]bool{}
	for _, c := range rec.Connections() {
		for _, call := range c.Calls {
			if isIO(call) || call.Family == trace.FamilyAccept {
				tids[call.TID] = true
			}
		}
	}
	for _, w := range rec.Waits() {
		if w.Degree > 0 {
			tids[w.Call.TID] = true
		}
	}
	for _, call := range rec.Calls {
		if call.Ring != nil && len(call.Ring.Completed) > 0 { // what io_uring did for it is no call on a connection
			tids[call.TID] = true
		}
	}
	return tids
}

// patience is how often a connection may be reported in a row before nothing having been done about it is a spin. A
// server may put a connection off a few times for others' sake.
const patience = 20

// spinning finds a connection that was reported more than patience times with no call on it in between, and gives the
// waits that reported it.
func spinning(rec *trace.Recording) []*trace.Call {
	runs := map[*trace.Connection][]*trace.Call{}
	for _, s := range stops(rec) {
		if c := rec.Connection(s.call.Object); c != nil {
			delete(runs, c)
		}
		if s.call.Ctl != nil {
			delete(runs, rec.Connection(s.call.Ctl.Object))
		}
		w := rec.Wait(s.call)
		if s.enter || w == nil {
			continue
		}
		for _, r := range w.Reports {
			c := rec.Connection(r.Object)
			if c == nil {
				continue
			}
			runs[c] = append(runs[c], s.call)
			if len(runs[c]) > patience {
				return runs[c]
			}
		}
	}
	return nil
}
