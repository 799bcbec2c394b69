package show

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iospec/iospec/trace"
)

// narrowest is the least width of a lane, and wide the least in which calls are said in full.
const (
	narrowest = 24
	wide      = 52
	timeWidth = 11
)

// lane is a column. It belongs to one thread from that one's first line to its last, then perhaps to another: so many
// short-lived threads need few columns.
type lane struct {
	first, now *resident
}

// resident is a thread in its lane.
type resident struct {
	tid         int
	name, roles string
	from, until int // its lines
	lane        int // -1: there was no room
}

// layOut gives each thread that has a line a lane.
func (p *page) layOut(events []event) {
	var all []*resident
	byThread := map[int]*resident{}
	for i, e := range events {
		if e.call == nil {
			continue
		}
		r := byThread[e.call.TID]
		if r == nil {
			r = &resident{tid: e.call.TID, from: i, lane: -1}
			r.name, r.roles = p.describe(r.tid)
			byThread[r.tid] = r
			all = append(all, r)
		}
		r.until = i
	}
	room := max(1, (p.width()-timeWidth)/narrowest)
	var last []*resident // of each lane
	p.residents = byThread
	for _, r := range all {
		free := slices.IndexFunc(last, func(l *resident) bool { return l.until < r.from })
		switch {
		case len(last) < room && (free < 0 || len(all) <= room):
			r.lane = len(last)
			last = append(last, r)
			p.lanes = append(p.lanes, lane{first: r, now: r})
		case free >= 0:
			r.lane = free
			last[free] = r
		}
	}
}

// describe names a thread and says what it does for the clients.
func (p *page) describe(tid int) (name, roles string) {
	name = fmt.Sprintf("thread %d", tid)
	for _, t := range p.Tasks {
		if t.TID != tid {
			continue
		}
		if t.PID == t.TID {
			name = fmt.Sprintf("process %d", tid)
		}
		if t.Comm != "" {
			name += " " + t.Comm
		}
	}
	does := map[string]bool{}
	for _, c := range p.Thread(tid) {
		does[p.role(c)] = true
	}
	var words []string
	for _, word := range []string{"waits", "accepts", "reads", "writes"} {
		if does[word] {
			words = append(words, word)
		}
	}
	return name, strings.Join(words, ", ")
}

// role is what a call tells of its thread.
func (p *page) role(c *trace.Call) string {
	w := p.Wait(c)
	switch {
	case w != nil && (w.Degree > 0 || slices.ContainsFunc(w.Reports, func(r trace.Report) bool { return p.Listens(r.Object) })):
		return "waits"
	case c.Family == trace.FamilyAccept && (c.Result >= 0 || p.Listens(c.Object)):
		return "accepts"
	case p.Connection(c.Object) == nil:
		return ""
	case c.Family == trace.FamilyRead:
		return "reads"
	case c.Family == trace.FamilyWrite:
		return "writes"
	}
	return ""
}
