package check

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/trace"
)

// WholeSetIn: each select call that may sleep hands the whole set to the kernel: every connection that the thread has,
// and the listener.
//
// A connection counts from its accept, or from when the thread first touches it if another thread accepted it, until
// it is closed, or until a read or write has told the thread that it is over. In which of the three sets it stands
// does not matter: a connection whose reply waits for room may be in the write set only. The listener may be missing
// while accept fails for want of descriptors or memory.
func WholeSetIn(rec *trace.Recording) Finding {
	j := judge{rec, "every live connection and the listener in the set of each select call", "a set built anew, or kept and copied, before each call"}
	return j.wholeSets(trace.FamilySelect, false)
}

// PollCopies: the array that each poll call hands over has an entry for every live connection and the listener, and
// none for a connection that is gone.
//
// Holes (entries with a negative descriptor) and entries for other descriptors, such as a pipe to wake the thread, are
// counted but allowed, as long as holes are used again: the array may be half as long again as the most connections
// that there were at once need, beside the holes that the first call already had.
func PollCopies(rec *trace.Recording) Finding {
	j := judge{rec, "an entry for each live connection and the listener, and for no other client, in each poll call", "an array kept in step with accept and close"}
	return j.wholeSets(trace.FamilyPoll, true)
}

// wholeSets compares the sets that threads hand over with the connections that they have.
func (j judge) wholeSets(family trace.Family, exact bool) Finding {
	if f := j.waitsWith(family); f != nil {
		return *f
	}
	total := setCount{}
	for _, s := range j.WaitSets() {
		if s.Family != family || degree(s) == 0 {
			continue
		}
		if f := j.wholeSet(s, exact, &total); f != nil {
			return *f
		}
	}
	if total.judged == 0 {
		return j.unclear("no waiting call was made while two clients were connected")
	}
	calls, most := j.widest(family)
	return j.pass(calls, "%s, each with all live connections (up to %d) and the listener; %s, and %d times another descriptor",
		plural(total.judged, "call"), most, plural(total.holes, "hole"), total.others)
}

// wholeSet judges the sets that one thread hands over.
func (j judge) wholeSet(s *trace.WaitSet, exact bool, total *setCount) *Finding {
	owner := setOwner{judge: j, exact: exact, tenures: j.tenures(s), listens: j.listening(s.Waits[0].Call.TID), spare: -1}
	end := stopped(j.Recording)
	for _, w := range s.Waits {
		if w.Call.Enter >= end || !sleeps(w.Call) || w.Call.NFDs == 0 {
			continue
		}
		live, f := owner.judges(w.Call)
		if f != nil {
			return f
		}
		if live >= 2 {
			total.judged++
		}
		total.count(j, w.Call)
	}
	return nil
}

// setOwner is a thread that hands its set to select or poll.
type setOwner struct {
	judge
	exact   bool
	tenures []tenure
	listens func(trace.Time) bool
	most    int // connections it had at once, up to now
	spare   int // holes in its first array, -1 before it
}

// judges compares one set with what the thread has, and counts that.
func (o *setOwner) judges(call *trace.Call) (live int, wrong *Finding) {
	in := map[trace.Object]int{}
	holes := 0
	for _, p := range call.Polls {
		if p.FD < 0 {
			holes++
			continue
		}
		in[p.Object]++
	}
	for _, t := range o.tenures {
		n, name := in[t.conn.Object], t.conn.Name
		switch {
		case !t.at(call.Enter):
			if n > 0 && o.exact && call.Enter >= t.until {
				return 0, o.found(call, t, "%s is in the set though it was closed", name)
			}
			continue
		case n == 0 && call.Enter < t.over:
			return 0, o.found(call, t, "%s is live and not in the set", name)
		case n > 1 && o.exact:
			return 0, o.found(call, t, "%s is in the set %d times", name, n)
		}
		live++
	}
	o.most = max(o.most, live)
	if o.spare < 0 {
		o.spare = holes
	}
	return live, o.otherEntries(call, in, live, holes)
}

// otherEntries judges what else is in the set: the listener, holes, and descriptors that are closed, as the kernel says.
func (o *setOwner) otherEntries(call *trace.Call, in map[trace.Object]int, live, holes int) *Finding {
	var f Finding
	closed := slices.IndexFunc(call.Polls, func(p trace.PollFD) bool { return p.FD >= 0 && p.Revents&trace.Nval != 0 })
	switch {
	case o.listens(call.Enter) && !slices.ContainsFunc(o.Listeners(), func(l trace.Object) bool { return in[l] > 0 }):
		f = o.fail([]*trace.Call{call}, "the listener is not in the set")
	case o.exact && closed >= 0:
		f = o.fail([]*trace.Call{call}, "descriptor %d is in the set though it is closed", call.Polls[closed].FD)
	case o.exact && live+holes > o.most+o.most/2+o.spare+someHoles:
		f = o.fail([]*trace.Call{call}, "%s for %s, of which there were %d at most: entries of closed connections stay",
			plural(live+holes, "place"), plural(live, "live connection"), o.most)
	default:
		return nil
	}
	return &f
}

// someHoles are left by connections that come and go between two calls.
const someHoles = 4

// setCount is what was seen in the sets.
type setCount struct{ judged, holes, others int }

func (n *setCount) count(j judge, c *trace.Call) {
	for _, p := range c.Polls {
		switch {
		case p.FD < 0:
			n.holes++
		case j.Connection(p.Object) == nil && !j.Listens(p.Object):
			n.others++
		}
	}
}

func (j judge) found(call *trace.Call, t tenure, text string, args ...any) *Finding {
	var latest *trace.Call
	for _, c := range t.conn.Calls {
		if c.Seq < call.Seq && c.TID == call.TID {
			latest = c
		}
	}
	f := j.fail([]*trace.Call{t.conn.Accept, latest, call}, text, args...)
	return &f
}

// tenure is how long a thread has a connection.
type tenure struct {
	conn        *trace.Connection
	from, until trace.Time
	over        trace.Time // when the thread learnt that the connection is over: it need not watch it any more
}

func (t tenure) at(at trace.Time) bool { return t.from <= at && at < t.until }

// tenures lists the connections of the thread that waits on the set.
func (j judge) tenures(s *trace.WaitSet) []tenure {
	tid, pid := s.Waits[0].Call.TID, s.Waits[0].Call.PID
	begun := map[trace.Object]trace.Time{} // when the thread first put a connection into its set
	for _, w := range s.Waits {
		for _, p := range w.Call.Polls {
			if _, known := begun[p.Object]; !known && p.FD >= 0 {
				begun[p.Object] = w.Call.Enter
			}
		}
	}
	var all []tenure
	for _, c := range j.Connections() {
		if t, ok := tenureOf(c, tid, pid, begun[c.Object]); ok && (begun[c.Object] != 0 || !j.coveredElsewhere(s, c)) {
			all = append(all, t)
		}
	}
	return all
}

// coveredElsewhere reports whether another set watches the connection: it was handed on before anybody touched it.
func (j judge) coveredElsewhere(s *trace.WaitSet, c *trace.Connection) bool {
	return slices.ContainsFunc(j.WaitSets(), func(other *trace.WaitSet) bool { return other != s && covers(other, c.Object) })
}

// tenureOf tells how long the thread has the connection, if it has. begun is when its set first had it, 0 for never.
func tenureOf(c *trace.Connection, tid, pid int, begun trace.Time) (tenure, bool) {
	const never = 1<<63 - 1
	t := tenure{conn: c, from: never, until: never, over: never}
	touched := false
	for _, call := range c.Calls {
		if call.TID == tid && isIO(call) {
			touched = true
			t.from = min(t.from, call.Enter)
			if ended(call) {
				t.over = min(t.over, call.Exit)
			}
		}
		if call.PID == pid && isClose(call) {
			t.until = min(t.until, call.Enter)
		}
	}
	accepted := c.Accept != nil && c.Accept.TID == tid
	if begun != 0 {
		t.from = min(t.from, begun)
	}
	if accepted {
		t.from = c.Accept.Exit
	}
	handedOn := !touched && len(threads(c, isIO)) > 0
	return t, t.from != never && !handedOn
}

// listening tells when the thread has to watch a listener: if it accepts at all, from its first wait, except between an
// accept that failed for want of something and one that succeeds, and after the listener was closed.
func (j judge) listening(tid int) func(trace.Time) bool {
	type turn struct {
		at trace.Time
		on bool
	}
	var turns []turn
	accepts := false
	for _, c := range j.Calls {
		switch {
		case c.Family == trace.FamilyAccept && c.TID == tid && c.Result >= 0 && c.Exit != 0:
			accepts = true
			turns = append(turns, turn{c.Exit, true})
		case c.Family == trace.FamilyAccept && c.TID == tid && slices.Contains(exhausted, c.Errno):
			turns = append(turns, turn{c.Enter, false})
		case isClose(c) && j.Listens(c.Object):
			turns = append(turns, turn{c.Enter, false})
		}
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(a.at, b.at) })
	return func(at trace.Time) bool {
		past, _ := slices.BinarySearchFunc(turns, at+1, func(t turn, at trace.Time) int { return cmp.Compare(t.at, at) })
		if past == 0 {
			return accepts
		}
		return turns[past-1].on
	}
}

var exhausted = []string{"EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"}

// setSize is how many descriptors the C library's fd_set has room for (FD_SETSIZE, sys/select.h).
const setSize = 1024

// SelectCaps1024: no set has room for a descriptor above 1023, and a connection that got one is turned away.
func SelectCaps1024(rec *trace.Recording) Finding {
	j := judge{rec,
		"no descriptor above 1023 in a select set, and connections that get one closed without being served",
		"close for every connection whose descriptor is 1024 or more, before it is watched or read"}
	if f := j.waitsWith(trace.FamilySelect); f != nil {
		return *f
	}
	for _, w := range rec.Waits() {
		if w.Set.Family != trace.FamilySelect {
			continue
		}
		for _, p := range w.Call.Polls {
			if p.FD >= setSize {
				return j.fail([]*trace.Call{w.Call}, "descriptor %d is in a set", p.FD)
			}
		}
		if w.Call.NFDs > setSize {
			return j.fail([]*trace.Call{w.Call}, "a call with nfds %d", w.Call.NFDs)
		}
	}
	highest := -1
	var closed []*trace.Call
	for _, c := range rec.Connections() {
		highest = max(highest, c.FD())
		if c.FD() < setSize {
			continue
		}
		bye := slices.IndexFunc(c.Calls, isClose)
		if served := slices.IndexFunc(c.Calls, brought); served >= 0 {
			return j.fail([]*trace.Call{c.Accept, c.Calls[served]}, "%s got descriptor %d and was served", c.Name, c.FD())
		}
		if bye < 0 {
			return j.fail([]*trace.Call{c.Accept}, "%s got descriptor %d and was never closed", c.Name, c.FD())
		}
		closed = append(closed, c.Accept, c.Calls[bye])
	}
	if len(closed) == 0 {
		return j.unclear("the highest descriptor of a connection was %d; it takes more than %d connections", highest, setSize)
	}
	return j.pass(closed, "%s above descriptor 1023 turned away, none in a set", plural(len(closed)/2, "connection"))
}
