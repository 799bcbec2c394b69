package show

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/iospec/iospec/trace"
)

// event is one line to be: a call, a mark, what a client did, or a fold of several lines.
type event struct {
	at   trace.Time
	call *trace.Call
	mark string // a mark's name, or what a client did
	who  *trace.Connection

	folded []event // what this line stands for: the lines before it, so many times again
	times  int
}

// weight is how many calls the line stands for.
func (e event) weight() int {
	if e.folded != nil {
		return len(e.folded)
	}
	if e.call != nil {
		return 1
	}
	return 0
}

// events lists what passes the filters, in the order of time. Marks that nothing separates become one.
func (p *page) events() []event {
	var all []event
	for _, c := range p.Calls {
		if p.interesting(c) {
			all = append(all, event{at: moment(c), call: c})
		}
	}
	for _, m := range p.Marks {
		all = append(all, event{at: m.At, mark: m.Name})
	}
	if p.clients != nil {
		all = append(all, p.asked()...)
	}
	all = slices.DeleteFunc(all, func(e event) bool {
		return e.at < p.opt.From || p.opt.Until > 0 && e.at > p.opt.Until
	})
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	var out []event
	for _, e := range all {
		if n := len(out); n > 0 && e.isMark() && out[n-1].isMark() {
			out[n-1].mark += ", " + e.mark
			continue
		}
		out = append(out, e)
	}
	return out
}

func (e event) isMark() bool { return e.call == nil && e.who == nil }

// moment is when a call has its line. What a call obtained, it has when it returns; what it gives, others may have
// before that.
func moment(c *trace.Call) trace.Time {
	switch c.Family {
	case trace.FamilyWrite, trace.FamilyClose, trace.FamilyEpollCtl:
		return c.Enter
	}
	return cmp.Or(c.Exit, c.Enter)
}

// asked lists what the chosen clients asked and got.
func (p *page) asked() []event {
	var all []event
	for _, c := range p.Connections() {
		if c.Client == nil || !p.wants(c.Object) {
			continue
		}
		for _, x := range c.Client.Exchanges {
			all = append(all, event{at: x.Sent, who: c, mark: fmt.Sprintf("%s asks, %d bytes", c.Name, x.Out)})
			if x.Answered != 0 {
				took := time.Duration(x.Answered - x.Sent).Round(10 * time.Microsecond)
				all = append(all, event{at: x.Answered, who: c, mark: fmt.Sprintf("%s has its answer, %d bytes, after %s", c.Name, x.In, took)})
			}
		}
	}
	return all
}

// interesting reports whether a call is worth a line: it has to do with a client or the listener, and passes the
// filters.
func (p *page) interesting(c *trace.Call) bool {
	if len(p.opt.Threads) > 0 && !slices.Contains(p.opt.Threads, c.TID) {
		return false
	}
	if p.opt.Everything && p.clients == nil {
		return true
	}
	if c.Family == trace.FamilyOption && !p.opt.Everything {
		return false
	}
	return slices.ContainsFunc(p.touched(c), func(o trace.Object) bool {
		return p.Connection(o) != nil && p.wants(o) || p.clients == nil && p.Listens(o)
	})
}

// touched lists the objects that a call is about. A wait is about what it reported; one that reported nothing, or may
// only look, is about all it watched.
func (p *page) touched(c *trace.Call) []trace.Object {
	os := []trace.Object{c.Object}
	if c.Ctl != nil {
		os = append(os, c.Ctl.Object)
	}
	for _, fd := range slices.Concat(c.Made, c.Passed) {
		os = append(os, fd.Object)
	}
	w := p.Wait(c)
	if w == nil {
		return os
	}
	for _, r := range w.Reports {
		os = append(os, r.Object)
	}
	if len(w.Reports) == 0 && p.clients == nil {
		for _, m := range w.Members() {
			os = append(os, m.Object)
		}
	}
	return os
}
