package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/iospec/iospec/trace"
)

// reactors tells which threads are reactors, and by which call each began: they wait on sets that covered two clients at
// once, or the listener.
func reactors(rec *trace.Recording) map[int]*trace.Call {
	begun := map[int]*trace.Call{}
	home := map[*trace.WaitSet]bool{}
	for _, s := range rec.WaitSets() {
		home[s] = degree(s) >= 2 || slices.ContainsFunc(rec.Listeners(), func(l trace.Object) bool { return covers(s, l) })
	}
	for _, w := range rec.Waits() {
		if _, known := begun[w.Call.TID]; !known && home[w.Set] {
			begun[w.Call.TID] = w.Call
		}
	}
	return begun
}

// homes tells on which set each of some threads mostly sleeps.
func homes(rec *trace.Recording, tids map[int]*trace.Call) map[int]*trace.WaitSet {
	sleeping := map[int]map[*trace.WaitSet]int{}
	for _, w := range rec.Waits() {
		begun, reactor := tids[w.Call.TID]
		if !reactor || w.Call.Seq < begun.Seq || !sleeps(w.Call) {
			continue
		}
		if sleeping[w.Call.TID] == nil {
			sleeping[w.Call.TID] = map[*trace.WaitSet]int{}
		}
		sleeping[w.Call.TID][w.Set]++
	}
	home := map[int]*trace.WaitSet{}
	for tid, sets := range sleeping {
		home[tid] = slices.MaxFunc(slices.Collect(maps.Keys(sets)), func(a, b *trace.WaitSet) int {
			return cmp.Or(cmp.Compare(sets[a], sets[b]), strings.Compare(b.ID, a.ID))
		})
	}
	return home
}

// moment is the longest sleep that is no block: what spinning locks do between two looks, in some runtimes.
const moment = trace.Time(time.Millisecond)

// mayBlock says in words how a call, which is no wait of the thread's own set, may put its thread to sleep; "" if it may
// not. Reported is what the last wait said to be ready.
func (j judge) mayBlock(c *trace.Call, home *trace.WaitSet, reported map[trace.Object]bool) string {
	if w := j.Wait(c); w != nil {
		if w.Set != home && sleeps(c) {
			return "waits on a second set, " + w.Set.ID
		}
		return ""
	}
	switch {
	case c.Family == trace.FamilySleep && (c.Timeout >= moment || c.Timeout < 0):
		return fmt.Sprintf("sleeps for %v", time.Duration(c.Timeout))
	case c.Family == trace.FamilyReap && c.Flags&noHang == 0:
		return "waits for a child"
	case c.Family == trace.FamilyLock && c.Name != "futex" && !c.Nonblock && !strings.Contains(c.Option, "UN"),
		c.Option == "F_SETLKW", c.Option == "F_OFD_SETLKW":
		return "waits for a lock"
	case c.Nonblock || c.Object == "" || c.FD == 1 || c.FD == 2: // the log goes wherever who started the server said
		return ""
	case c.Name == "connect":
		return "connects, on a blocking socket"
	case c.Family == trace.FamilyAccept:
		return "accepts, on a blocking listener"
	case isIO(c):
		return blocksOn(c, reported)
	}
	return ""
}

// noHang is WNOHANG of wait4(2).
const noHang = 1

// blocksOn says how a read or a write of a blocking object may sleep. A file counts as always ready. What only this thread
// reads and a wait has reported has something to read, unless it is a socket, where readiness is a hint; an eventfd has
// room for 2^64 wake-ups.
func blocksOn(c *trace.Call, reported map[trace.Object]bool) string {
	kind, _, _ := strings.Cut(string(c.Object), ":")
	switch {
	case kind == "file", kind != "socket" && isRead(c) && reported[c.Object], kind == "eventfd" && isWrite(c):
		return ""
	case isRead(c):
		return "reads a blocking " + kind
	}
	return "writes a blocking " + kind
}

// NeverBlocks: a reactor's thread sleeps in its demultiplexer and nowhere else, from its first wait until the server is
// stopped. What may sleep is named, whether it did or not: that depends on others. Locks in memory are passed over: their
// calls are not recorded, and a runtime has its own.
func NeverBlocks(rec *trace.Recording) Finding {
	j := judge{rec, "reactors that sleep in their demultiplexer only", "every other call on something that does not block: O_NONBLOCK, MSG_DONTWAIT, WNOHANG, a timeout of 0"}
	begun := reactors(rec)
	if len(begun) == 0 {
		return j.unclear("no thread waits for the listener, or for several clients")
	}
	home, stop := homes(rec, begun), stopped(rec)
	reported := map[int]map[trace.Object]bool{}
	how := map[string]int{}
	var guilty, innocent []*trace.Call
	judged := 0
	for _, c := range rec.Calls {
		first, reactor := begun[c.TID]
		if !reactor || c.Seq < first.Seq || c.Enter >= stop {
			continue
		}
		judged++
		if what := j.mayBlock(c, home[c.TID], reported[c.TID]); what != "" {
			guilty, how[what] = append(guilty, c), how[what]+1
		}
		if w := rec.Wait(c); w != nil {
			reported[c.TID] = map[trace.Object]bool{}
			for _, r := range w.Reports {
				reported[c.TID][r.Object] = true
			}
			if w.Set == home[c.TID] && len(innocent) < 5 {
				innocent = append(innocent, c)
			}
		}
	}
	if len(guilty) > 0 {
		return j.fail(guilty, "%s", inWords(how))
	}
	return j.pass(innocent, "of %s by %s none may sleep but the waits", plural(judged, "call"), plural(len(begun), "reactor"))
}

// inWords lists what was done and how often, the most frequent first.
func inWords(times map[string]int) string {
	what := slices.SortedFunc(maps.Keys(times), func(a, b string) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), strings.Compare(a, b))
	})
	var words []string
	for _, w := range first(what, 5) {
		words = append(words, fmt.Sprintf("a reactor %s (%d times)", w, times[w]))
	}
	return strings.Join(words, "; ")
}
