package check

import "github.com/iospec/iospec/trace"

// What predicates see, for those who look at a recording as a whole and ask for no claim: package identify.

// Witnesses turns calls into evidence: in order, each once, ten at most.
func Witnesses(rec *trace.Recording, calls []*trace.Call) []Witness {
	return judge{Recording: rec}.witness(calls)
}

// ReactorSets lists the sets of which some wait covered two of the tester's connections at least.
func ReactorSets(rec *trace.Recording) []*trace.WaitSet { return reactorSets(rec) }

// MadeAnew reports whether a set takes the place of an old one: it was made when that was done with, by the same threads.
func MadeAnew(rec *trace.Recording, s, old *trace.WaitSet) bool {
	return judge{Recording: rec}.madeAnew(s, old)
}

// Degree is how many of the tester's connections a wait of the set covered, at most.
func Degree(s *trace.WaitSet) int { return degree(s) }

// Waiters lists the threads that waited on the set while it covered a connection.
func Waiters(s *trace.WaitSet) []int { return waiters(s) }

// Reported lists the connections that a wait reported, each once.
func Reported(rec *trace.Recording, w *trace.Wait) []*trace.Connection { return naming(rec, w) }

// Open is when some process of the server had the connection.
func Open(rec *trace.Recording, c *trace.Connection) (from, until trace.Time) { return open(rec, c) }

// OpenAtOnce is how many connections the server had at the same time, at most.
func OpenAtOnce(rec *trace.Recording) int { return openAtOnce(rec) }

// Stopped is when the server was told to stop, or the end of time.
func Stopped(rec *trace.Recording) trace.Time { return stopped(rec) }

// Master is the process that made the listener, or where that was not seen the first one.
func Master(rec *trace.Recording) int { return masterOf(rec) }

// Descends reports whether the process was made by the other, or by one that was.
func Descends(rec *trace.Recording, pid, from int) bool { return descends(rec, pid, from) }

// An Errand is a request between whose read and answer somebody else sent word to the thread that answered it.
type Errand struct {
	Read, Write *trace.Call // of the request
	Told        *trace.Call // by whom: the write of the word
	Heard       *trace.Call // and its read
}

// Errands tells the requests of a thread that others worked on from those that it answered with no word from anybody.
func Errands(rec *trace.Recording, tid int) (elsewhere []Errand, here int) {
	all, rest := errands(rec, tid)
	for _, e := range all {
		elsewhere = append(elsewhere, Errand{e.Read, e.Write, e.back.Written, e.back.Read})
	}
	return elsewhere, len(rest)
}

// A Lookout is a thread that waits for new clients, with a set that covers a listener.
type Lookout struct {
	TID, PID int
	Listener trace.Object // the first that it waited for
	Wait     *trace.Call  // the first such wait
	Waits    int          // how many there were
	Vain     int          // wake-ups by the listener whose first accept found nobody: what a herd is made of
}

// Lookouts lists the threads that wait for new clients, until the server is told to stop, in the order of their first
// waits.
func Lookouts(rec *trace.Recording) []Lookout {
	var all []Lookout
	at := map[int]int{}
	for _, l := range sentriesOf(judge{Recording: rec}).lookouts {
		i, known := at[l.call.TID]
		if !known {
			i = len(all)
			at[l.call.TID] = i
			all = append(all, Lookout{TID: l.call.TID, PID: l.call.PID, Listener: l.listener, Wait: l.call})
		}
		all[i].Waits++
		if l.vain {
			all[i].Vain++
		}
	}
	return all
}
