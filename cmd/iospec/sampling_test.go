//go:build linux

package main

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/steps"
)

// looksShow are the counterexamples whose mistake shows in looks, and the claims by which it does: the other claims that a
// recording convicts them of need their calls.
var looksShow = map[string][]string{
	"counterexample/child-keeps-listener":     {"process.child-drops-listener"},
	"counterexample/accepts-apart":            {"workers.same-dispatch"},
	"counterexample/poll-is-epoll":            {"poll.copies"},
	"counterexample/edge-on-blocking-sockets": {"trigger.edge-nonblocking"},
	"counterexample/master-accepts":           {"nginx.master"},
}

// lookSlots is how many servers are looked at together: most of it is waiting.
var lookSlots = make(chan struct{}, 6)

// lookAtOurs looks at one of our servers.
func lookAtOurs(t *testing.T, e entry) *sample.Observation {
	t.Helper()
	lookSlots <- struct{}{}
	defer func() { <-lookSlots }()
	target, err := e.target()
	require.NoError(t, err)
	target.Command[0] = binary
	o, err := steps.Sample(t.Context(), target)
	require.NoError(t, err)
	return o
}

// bySampling is what looks say of every claim that applies and that a recording would judge.
func bySampling(t *testing.T, e entry, o *sample.Observation) map[string]check.Finding {
	t.Helper()
	all, err := features.Register()
	require.NoError(t, err)
	looked, found := identify.Look(o), map[string]check.Finding{}
	for _, c := range all {
		if !c.Has(features.Server) || !trait.Applies(c.Traits, e.Traits) {
			continue
		}
		if f, judged := looked.Judge(c.ID, e.Traits); judged {
			require.Equal(t, identify.BySampling, f.By)
			found[c.ID] = f
		}
	}
	return found
}

// TestLooksAgreeWithRecordings: a reference server keeps, by its recording, all that is claimed about it, and is identified
// for what it is (TestSpecification). So looks may break no claim, and may name no other architecture, demultiplexer, trigger
// or way to accept; and they must tell nearly all.
func TestLooksAgreeWithRecordings(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out servers that are exercised whole")
	}
	about, err := claimsAbout()
	require.NoError(t, err)
	var named, kept atomic.Int64
	t.Run("servers", func(t *testing.T) {
		for _, e := range catalogue() {
			if len(e.Breaks) > 0 || e.system != "" {
				continue
			}
			t.Run(e.Name, func(t *testing.T) {
				t.Parallel()
				o := lookAtOurs(t, e)
				id := identify.Sampled(o, about)
				if id.Architecture != identify.Inconclusive {
					named.Add(1)
					require.Contains(t, e.Traits, id.Architecture, "%s", page(id))
				} else {
					t.Logf("not named: %+v", id.Why)
				}
				for _, axis := range []trait.Axis{trait.Demultiplexer, trait.Trigger, trait.Accept} {
					if got, want := trait.Set(id.Traits()).On(axis), trait.Set(e.Traits).On(axis); len(got) > 0 && len(want) > 0 {
						require.Equal(t, want, got, "%s", page(id))
					}
				}
				for claim, f := range bySampling(t, e, o) {
					require.NotEqual(t, check.Fail, f.Outcome, "%s: %s", claim, f.Observed)
					if f.Outcome == check.Pass {
						kept.Add(1)
					}
				}
			})
		}
	})
	t.Logf("looks name %d servers, and keep %d claims", named.Load(), kept.Load())
	require.GreaterOrEqual(t, named.Load(), int64(14), "of twenty")
	require.GreaterOrEqual(t, kept.Load(), int64(30))
}

// TestLooksConvict: a counterexample breaks, by its recording, exactly the claims that it says. Looks may keep none of these
// and break no other, and they convict it where its mistake shows at rest.
func TestLooksConvict(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out servers that are exercised whole")
	}
	for _, e := range catalogue() {
		if len(e.Breaks) == 0 || looksShow[e.Name] == nil {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			o := lookAtOurs(t, e)
			found := bySampling(t, e, o)
			for _, claim := range looksShow[e.Name] {
				require.Equal(t, check.Fail, found[claim].Outcome, "%s: %s", claim, found[claim].Observed)
			}
			for claim, f := range found {
				switch breaks := slices.Contains(e.Breaks, claim); {
				case breaks && f.Outcome == check.Pass:
					t.Errorf("kept by looks, broken by a recording: %s: %s", claim, f.Observed)
				case !breaks && f.Outcome == check.Fail:
					t.Errorf("broken by looks, kept by a recording: %s: %s", claim, f.Observed)
				}
			}
		})
	}
}
