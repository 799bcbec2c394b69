package identify

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// madeUp are servers with what they are: one of each architecture at least.
var madeUp = []struct {
	name   string
	server server

	architecture, demultiplexer, trigger, accept string
}{
	{"forking", forking(), "process-per-connection", "", "", ""},
	{"preforked", preforked(1), "process-pool", "", "", "accept-shared"},
	{"preforked, sharded", preforked(poolSize), "process-pool", "", "", "accept-sharded"},
	{"threaded", threaded(), "thread-per-connection", "", "", ""},
	{"pooled", pooled(), "thread-pool", "", "", "accept-main"},
	{"select", reactor(byArray(trace.FamilySelect)), "single-reactor", "select", "level", ""},
	{"poll", reactor(byArray(trace.FamilyPoll)), "single-reactor", "poll", "level", ""},
	{"epoll", reactor(byEpoll(trace.In)), "single-reactor", "epoll", "level", ""},
	{"epoll, edge", reactor(byEpoll(trace.In | trace.Edge)), "single-reactor", "epoll", "edge", ""},
	{"epoll, one shot", reactor(byEpoll(trace.In | trace.Edge | trace.OneShot)), "single-reactor", "epoll", "oneshot", ""},
	{"epoll, monitored", monitored(reactor(byEpoll(trace.In))), "single-reactor", "epoll", "level", ""},
	{"ring of readiness", reactor(byRing), "single-reactor", "io_uring", "", ""},
	{"working threads", working(false), "single-reactor-threads", "epoll", "level", ""},
	{"working processes", working(true), "single-reactor-processes", "epoll", "level", ""},
	{"nested", reactor(byNested), "multi-reactor-single", "epoll", "level", ""},
	{"subs", subs(), "multi-reactor-threads", "epoll", "edge", "accept-main"},
	{"workers", workers(crowding, 1), "multi-reactor-processes", "epoll", "level", "accept-shared"},
	{"workers, excluding", workers(excluding, 1), "multi-reactor-processes", "epoll", "level", "accept-exclusive"},
	{"workers, locking", workers(locking, 1), "multi-reactor-processes", "epoll", "level", "accept-lock"},
	{"workers, sharded", workers(sharding, 2), "multi-reactor-processes", "epoll", "level", "accept-sharded"},
	{"ring of operations", reactor(byOperations), "proactor", "io_uring", "", ""},
	{"helping", helping(), "emulated-proactor", "", "", ""},
	{"scheduling", scheduling(reactor(byEpoll(trace.In | trace.Edge))), "managed-runtime", "epoll", "edge", ""},
	{"scheduling workers", scheduling(workers(crowding, 1)), "managed-runtime", "epoll", "level", "accept-shared"},

	{"polling, forking", polling(forking()), "process-per-connection", "", "", ""},
	{"polling, preforked", polling(preforked(1)), Inconclusive, "", "", ""}, // each might have others in its array
	{"polling, threaded", polling(threaded()), Inconclusive, "", "", ""},
	{"polling, pooled", polling(pooled()), Inconclusive, "", "", ""},
}

func TestSampledNamesServers(t *testing.T) {
	named := map[string]bool{}
	for _, m := range madeUp {
		named[m.architecture] = true
		t.Run(m.name, func(t *testing.T) {
			id := Sampled(m.server.observed(), nothingAbout)
			require.Equal(t, m.architecture, id.Architecture, "%+v", id.Why)
			require.Equal(t, []string{m.demultiplexer, m.trigger, m.accept}, []string{id.Demultiplexer, id.Trigger, id.Accept})
			require.Equal(t, BySampling, id.Source)
			if want := Medium; m.architecture != Inconclusive {
				require.Equal(t, want, id.Confidence, "what happened between two looks was not seen")
			}
		})
	}
	for _, a := range architectures {
		require.True(t, named[a.Trait], "no server is made up as a %s", a.Trait)
	}
}

// TestTheBlindNameNothingElse: what is refused may leave the answer open, and never makes it another one. That holds for the
// name, for each sign that it rests on, and for each claim.
func TestTheBlindNameNothingElse(t *testing.T) {
	for _, m := range madeUp {
		t.Run(m.name, func(t *testing.T) {
			o := m.server.observed()
			sighted := Look(o)
			for _, r := range refusals() {
				dim := without(o, r)
				id := Sampled(dim, nothingAbout)
				require.Contains(t, []string{m.architecture, Inconclusive}, id.Architecture, "%v refused: %+v", r, id.Why)
				require.Contains(t, []string{m.demultiplexer, ""}, id.Demultiplexer, "%v refused", r)
				require.Contains(t, []string{m.trigger, ""}, id.Trigger, "%v refused", r)
				require.Contains(t, []string{m.accept, ""}, id.Accept, "%v refused", r)
				blind := Look(dim)
				for _, q := range questions {
					require.Contains(t, []Answer{sighted.signs[q.id].Answer, Unknown}, blind.signs[q.id].Answer, "%s, %v refused: %s", q.id, r, blind.signs[q.id].Observed)
				}
				for claim := range sampledClaims {
					agrees(t, claim, sighted, blind, r)
				}
			}
		})
	}
}

func agrees(t *testing.T, claim string, sighted, blind *Looked, r refusal) {
	t.Helper()
	want, _ := sighted.Judge(claim, nil)
	got, _ := blind.Judge(claim, nil)
	require.Contains(t, []check.Outcome{want.Outcome, check.Inconclusive}, got.Outcome, "%s, %v refused: %s", claim, r, got.Observed)
}

// needCalls are those that the kernel's functions do not tell: who sleeps in a read of whom, and on which of several sets
// threads wait that serve whomever.
var needCalls = []string{"helping", "scheduling workers"}

// TestWchanTellsMost: where calls are refused, and nothing else, the kernel's functions are enough to name nearly all.
func TestWchanTellsMost(t *testing.T) {
	for _, m := range madeUp {
		want := m.architecture
		if slices.Contains(needCalls, m.name) {
			want = Inconclusive
		}
		require.Equal(t, want, Sampled(without(m.server.observed(), refusal{calls: true}), nothingAbout).Architecture, m.name)
	}
}

// TestWhoRunsNowAndThenOwnsNothing: on a machine with much to do a runtime's own threads run beside the one that serves, in some
// requests. What each thread moves is not to be seen here. Who takes part more often may be at work.
func TestWhoRunsNowAndThenOwnsNothing(t *testing.T) {
	for each, want := range map[int]string{9: "multi-reactor-threads", 5: "multi-reactor-threads", 2: Inconclusive, 1: Inconclusive} {
		id := Sampled(without(accompanied(subs(), each).observed(), refusal{bytes: true}), nothingAbout)
		require.Equal(t, want, id.Architecture, "one request in %d: %+v", each, id.Why)
	}
}

// TestNobodySeenIsNobodyNamed: a server that never rests, or that served one client, is none of the architectures.
func TestNobodySeenIsNobodyNamed(t *testing.T) {
	for _, m := range madeUp {
		for _, o := range []*sample.Observation{restlessly(m.server), lonely(m.server)} {
			id := Sampled(o, nothingAbout)
			require.Equal(t, Inconclusive, id.Architecture, m.name)
			require.NotEmpty(t, id.Settle, m.name)
		}
	}
}

// restlessly is a server that never rests, so that no turn could be told from another.
func restlessly(s server) *sample.Observation {
	o := s.observed()
	o.Turns = nil
	for i := range o.Looks {
		o.Looks[i].Rested = false
	}
	return o
}

// lonely has one client that is asked for.
func lonely(s server) *sample.Observation {
	o := s.observed()
	o.Turns = slices.DeleteFunc(o.Turns, func(t sample.Turn) bool { return t.Port > 1 })
	return o
}
