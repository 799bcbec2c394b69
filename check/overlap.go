package check

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/trace"
)

// overlap counts what is there at the same time. What ends at the moment at which something else begins was there before
// it, not with it.
type overlap []edge

// edge is where the number changes.
type edge struct {
	at trace.Time
	by int
}

func (o *overlap) begins(at trace.Time) { *o = append(*o, edge{at, 1}) }
func (o *overlap) ends(at trace.Time)   { *o = append(*o, edge{at, -1}) }

// most is how many there were at the same time, at most.
func (o overlap) most() (most int) {
	slices.SortFunc(o, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	now := 0
	for _, e := range o {
		now += e.by
		most = max(most, now)
	}
	return most
}

// openAtOnce is how many connections the server had at the same time, at most.
func openAtOnce(rec *trace.Recording) int {
	var there overlap
	for _, c := range rec.Connections() {
		from, until := open(rec, c)
		there.begins(from)
		there.ends(until)
	}
	return there.most()
}

// pendingAtOnce is how many requests were on their way at the same time, at most.
func pendingAtOnce(rec *trace.Recording) int {
	var there overlap
	for _, c := range rec.Clients {
		for _, x := range c.Exchanges {
			there.begins(x.Sent)
			if x.Answered != 0 {
				there.ends(x.Answered)
			}
		}
	}
	return there.most()
}

// ClientsAtOnce is how many clients were there at the same time, at most, as they tell it.
func ClientsAtOnce(rec *trace.Recording) int {
	var there overlap
	for _, c := range rec.Clients {
		there.begins(c.Opened)
		if c.Closed != 0 {
			there.ends(c.Closed)
		}
	}
	return there.most()
}
