package show

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// longest is how many lines a pattern may have that is recognised when it repeats: a turn of a loop with a few calls.
const longest = 8

// repeats is how often a pattern must be there to be folded.
const repeats = 3

// fold replaces what repeats: of a pattern of calls that comes three times or more, the first is kept, and one line
// stands for the others.
func fold(rec *trace.Recording, events []event, unfolded bool) []event {
	if unfolded {
		return events
	}
	shapes := make([]shape, len(events))
	short := shortLived(rec)
	for i, e := range events {
		shapes[i] = shapeOf(rec, e, i)
		if short[shapes[i].tid] {
			shapes[i].tid = 0
		}
	}
	var out []event
	for i := 0; i < len(events); {
		length, times := pattern(shapes[i:])
		if turn := slices.IndexFunc(shapes[i:i+length], func(s shape) bool { return s.waits }); turn > 0 && times > repeats {
			length, times = turn, 1 // a turn of a loop begins with its wait
		}
		out = append(out, events[i:i+length]...)
		if times > 1 {
			rest := events[i+length : i+length*times]
			out = append(out, event{at: rest[len(rest)-1].at, call: events[i].call, folded: rest, times: times - 1})
		}
		i += length * times
	}
	return out
}

// shortLived finds the threads that served one connection each: they are all alike.
func shortLived(rec *trace.Recording) map[int]bool {
	served := map[int]trace.Object{}
	short := map[int]bool{}
	for _, c := range rec.Connections() {
		for _, call := range c.Calls {
			if call == c.Accept {
				continue
			}
			one, known := served[call.TID]
			short[call.TID] = !known || short[call.TID] && one == c.Object
			served[call.TID] = c.Object
		}
	}
	for _, c := range rec.Connections() {
		if c.Accept != nil {
			delete(short, c.Accept.TID)
		}
	}
	return short
}

// pattern finds how the shapes begin: the length of the pattern that covers most when repeated, and how often it is
// there. What does not repeat is a pattern of length 1, there once.
func pattern(shapes []shape) (length, times int) {
	length, times = 1, 1
	for n := 1; n <= longest && n*repeats <= len(shapes); n++ {
		k := n
		for k < len(shapes) && shapes[k] == shapes[k-n] {
			k++
		}
		if k/n >= repeats && k/n*n > length*times {
			length, times = n, k/n
		}
	}
	return length, times
}

// shape is what makes two lines alike: all but which client it is about, how many bytes, and when.
type shape struct {
	tid               int
	name, errno, kind string
	waits             bool
	reports           int // how many events a wait reported: none, one, several
	unique            int // never alike
}

func shapeOf(rec *trace.Recording, e event, i int) shape {
	if e.call == nil {
		return shape{unique: i + 1}
	}
	c := e.call
	s := shape{tid: c.TID, name: c.Name, errno: c.Errno, kind: kindOf(rec, c.Object)}
	if c.Ctl != nil {
		s.kind = c.Ctl.Op + kindOf(rec, c.Ctl.Object)
	}
	if w := rec.Wait(c); w != nil {
		s.waits, s.reports = true, min(len(w.Reports), 2)
		for _, r := range w.Reports {
			s.kind = kindOf(rec, r.Object)
		}
	}
	if c.Family == trace.FamilyRead && c.Result == 0 {
		s.kind += " end"
	}
	return s
}

func kindOf(rec *trace.Recording, o trace.Object) string {
	switch {
	case rec.Connection(o) != nil:
		return "client"
	case rec.Listens(o):
		return "listener"
	}
	return string(o)
}
