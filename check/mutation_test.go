package check

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/trace"
)

// rebuild makes a recording of some of another's records, changed.
func rebuild(rec *trace.Recording, change func(*trace.Call) bool) *trace.Recording {
	var file bytes.Buffer
	if _, err := rec.WriteTo(&file); err != nil {
		panic(err)
	}
	out := trace.NewRecording()
	for r, err := range trace.Records(&file) {
		if err != nil {
			panic(err)
		}
		if r.Call != nil && !change(r.Call) {
			continue
		}
		if err := out.Put(r); err != nil {
			panic(err)
		}
	}
	return out
}

func goodRecordings() map[string]*trace.Recording {
	recs := map[string]*trace.Recording{"per connection": perConnection(), "main and subs": mainAndSubs(false), "processes": mainAndSubs(true),
		"a lock": turns(), "a herd": allAtOnce(trace.In), "sharded": sharded(), "workers": delegating(false, nil), "worker processes": delegating(true, nil),
		"a ring": onRing().exercise(), "helpers": emulated().exercise()}
	for kind := range goodReactors {
		recs[kind] = newServer(kind).exercise()
	}
	return recs
}

var outcomes = []Outcome{Pass, Fail, Inconclusive}

// Whatever is missing from a recording or wrong in it, each predicate finds something, and says what.
func TestPredicatesSurviveAnyRecording(t *testing.T) {
	recs := goodRecordings()
	names := slices.Sorted(maps.Keys(recs))
	rapid.Check(t, func(t *rapid.T) {
		rec := recs[rapid.SampledFrom(names).Draw(t, "recording")]
		mutate := rapid.SampledFrom([]string{"drop", "unfinished", "fail", "thread", "object", "size", "blocking", "nothing"}).Draw(t, "mutation")
		often := rapid.IntRange(1, 30).Draw(t, "one in")
		changed := rebuild(rec, func(c *trace.Call) bool {
			if rapid.IntRange(1, often).Draw(t, "dice") > 1 {
				return true
			}
			switch mutate {
			case "drop":
				return false
			case "unfinished":
				c.Exit, c.Result, c.Made, c.Ready = 0, 0, nil, nil
			case "fail":
				c.Result, c.Errno = -1, "EBADF"
			case "thread":
				c.TID++
			case "object":
				c.Object = ""
			case "size":
				c.Result *= 3
			case "blocking":
				c.Nonblock = false
			}
			return true
		})
		for id, p := range all() {
			f := p(changed)
			require.Contains(t, outcomes, f.Outcome, id)
			require.NotEmpty(t, f.Observed, id)
		}
	})
}

// without makes a recording that lacks the calls that match.
func without(rec *trace.Recording, match func(*trace.Call) bool) *trace.Recording {
	return rebuild(rec, func(c *trace.Call) bool { return !match(c) })
}

// Taking away the evidence of a claim must not leave it passed.
func TestNothingPassesWithoutItsEvidence(t *testing.T) {
	family := func(fs ...trace.Family) func(*trace.Call) bool {
		return func(c *trace.Call) bool { return slices.Contains(fs, c.Family) }
	}
	for _, c := range []struct {
		kind, id string
		gone     func(*trace.Call) bool
	}{
		{"level", "mux.time-sharing", family(trace.FamilyRead)},
		{"level", "mux.one-at-a-time", family(trace.FamilyWrite)},
		{"level", "mux.many-events-one-call", family(trace.FamilyWait)},
		{"level", "mux.kernel-reports-ready", family(trace.FamilyWait)},
		{"level", "mux.kernel-reports-ready", family(trace.FamilyRead)},
		{"select", "select.whole-set-in", family(trace.FamilySelect)},
		{"poll", "poll.copies", family(trace.FamilyPoll)},
		{"level", "epoll.create-ctl-wait", family(trace.FamilyEpollCtl)},
		{"level", "epoll.create-ctl-wait", family(trace.FamilyEpoll)},
		{"level", "epoll.create-ctl-wait", family(trace.FamilyWait)},
		{"level", "epoll.interest-kept-in-kernel", family(trace.FamilyEpollCtl)},
		{"level", "trigger.epoll-default-level", family(trace.FamilyEpollCtl)},
		{"level", "trigger.level-may-read-once", family(trace.FamilyRead)},
		{"edge", "trigger.edge-must-drain", family(trace.FamilyRead)},
		{"edge", "trigger.edge-nonblocking", family(trace.FamilyRead)},
		{"level", "single.acceptor-and-handler", family(trace.FamilyWait)},
		{"level", "single.acceptor-and-handler", family(trace.FamilyAccept)},
		{"level", "single.read-work-send", family(trace.FamilyWrite)},
		{"main and subs", "multi.main-only-accepts", family(trace.FamilyAccept)},
		{"main and subs", "multi.sub-serves", family(trace.FamilyWait)},
		{"level", "single-reactor", family(trace.FamilyWait)},
		{"main and subs", "multi-reactor-threads", family(trace.FamilyWait)},
		{"level", "proactor.reactor-is-sync", family(trace.FamilyRead)},
		{"level", "proactor.both-dispatch-events", family(trace.FamilyWait)},
		{"a ring", "proactor.is-async", family(trace.FamilyRing)},
		{"a ring", "proactor.kernel-moves-data", family(trace.FamilyRing)},
		{"a ring", "proactor.calls-handler", family(trace.FamilyRing)},
		{"helpers", "proactor.is-async-emulated", family(trace.FamilyRead)},
		{"helpers", "proactor.buffer-given-first", family(trace.FamilyRead)},
		{"helpers", "proactor.both-dispatch-events-done", family(trace.FamilyRead)},
		{"helpers", "proactor.initiator", family(trace.FamilyAccept)},
		{"helpers", "proactor.operation-processor", family(trace.FamilyRead)},
		{"helpers", "proactor.calls-handler", family(trace.FamilyWrite)},
	} {
		rec := goodRecordings()[c.kind]
		p := all()[c.id]
		require.Equal(t, Pass, p(rec).Outcome, "%s of %s", c.id, c.kind)
		require.NotEqual(t, Pass, p(without(rec, c.gone)).Outcome, "%s of %s", c.id, c.kind)
	}
}

func FuzzPredicates(f *testing.F) {
	for _, rec := range goodRecordings() {
		var file bytes.Buffer
		if _, err := rec.WriteTo(&file); err != nil {
			f.Fatal(err)
		}
		f.Add(file.Bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rec, err := trace.Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		for id, p := range all() {
			if f := p(rec); !slices.Contains(outcomes, f.Outcome) || f.Observed == "" {
				t.Fatalf("%s: %+v", id, f)
			}
		}
	})
}
