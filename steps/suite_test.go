//go:build linux

package steps

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cucumber/godog"
	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/trace"
)

const sampleFeature = `Feature: sample
  @a.kernel @holds @section-1 @epoll
  Rule: about the kernel
    @kernel
    Scenario: plain
      Given a step that passes
    @kernel @measured
    Scenario: measured
      Given a step that measures

  @a.broken @holds @section-1 @epoll
  Rule: broken
    @kernel
    Scenario: one that passes
      Given a step that passes
    @kernel
    Scenario: one that breaks the claim
      Given a step that finds the claim broken
      Then a step that passes

  @a.unsupported @holds @section-1 @epoll
  Rule: unsupported
    @kernel
    Scenario: s
      Given a step that this machine cannot show

  @a.error @holds @section-1 @epoll
  Rule: our own failure
    @kernel
    Scenario: s
      Given a step that fails by itself

  @a.undefined @holds @section-1 @epoll
  Rule: undefined
    @kernel
    Scenario: s
      Given a step that nobody defined

  @a.hangs @holds @section-1 @epoll
  Rule: hangs
    @kernel
    Scenario: s
      Given a step that never ends

  @a.server @holds @section-1 @epoll @edge
  Rule: about servers
    @server
    Scenario: judged
      Given a step that asks for the recording
    @load
    Scenario: under a load of its own
      Given a step that passes
    @reference
    Scenario: under a load for reference servers
      Given a step that passes
`

var sampleFeatures = fstest.MapFS{"1-sample/sample.feature": {Data: []byte(sampleFeature)}}

func claimsOfSample(t *testing.T, ids ...string) []features.Claim {
	t.Helper()
	claims, err := features.ReadRegister(sampleFeatures)
	require.NoError(t, err)
	claims, err = features.ByID(claims, ids)
	require.NoError(t, err)
	return claims
}

// withSample runs a plan over Rules of the sample feature with steps of its own.
func withSample(t *testing.T, plan Plan, ids ...string) (*report.Run, error) {
	t.Helper()
	if plan.Claims == nil {
		plan.Claims = claimsOfSample(t, ids...)
	}
	hang := make(chan struct{})
	defer close(hang)
	plan.steps = []stepFile{func(sc *godog.ScenarioContext, w *World) {
		sc.Given(`^a step that passes$`, func() { w.Note("seen") })
		sc.Given(`^a step that measures$`, func() { w.Note("ratio 2.0") })
		sc.Given(`^a step that finds the claim broken$`, func() error { return check.Failf("order", "chaos %d", 7) })
		sc.Given(`^a step that this machine cannot show$`, func() error { return check.Unsupportedf("no kernel") })
		sc.Given(`^a step that fails by itself$`, func() error { return errors.New("EBADF") })
		sc.Given(`^a step that never ends$`, func() { <-hang })
		sc.Given(`^a step that asks for the recording$`, func(ctx context.Context) error {
			return w.Judge(ctx, func(r *trace.Recording) check.Finding {
				return check.Finding{Outcome: check.Pass, Observed: r.Header.Kernel}
			})
		})
	}}
	plan.FS = sampleFeatures
	return Run(t.Context(), plan)
}

func TestFindingsOfKernelRules(t *testing.T) {
	for id, want := range map[string]check.Outcome{
		"a.kernel": check.Pass, "a.broken": check.Fail, "a.unsupported": check.Unsupported, "a.error": check.Error, "a.undefined": check.Error,
	} {
		run, err := withSample(t, Plan{Kernel: true}, id)
		require.NoError(t, err, id)
		require.Len(t, run.Results, 1)
		require.Equal(t, want, run.Results[0].Outcome, "%s: %+v", id, run.Results[0])
		require.Equal(t, 1, run.Summary.Total())
	}
}

func TestABrokenClaimShowsItsEvidence(t *testing.T) {
	run, err := withSample(t, Plan{Kernel: true}, "a.broken")
	require.NoError(t, err)
	r := run.Results[0]
	require.Equal(t, "order", r.Expected)
	require.Equal(t, "chaos 7", r.Observed)
	require.Len(t, r.Scenarios, 2, "the worst of both counts, both are shown")
	require.Equal(t, "skipped", r.Scenarios[1].Steps[1].Outcome)
	require.Equal(t, []string{"seen"}, r.Scenarios[0].Notes)
}

func TestEachTargetIsRecordedOnce(t *testing.T) {
	var mu sync.Mutex
	var recorded []string
	plan := Plan{
		Targets: []Target{
			{Name: "mine", Traits: []string{"epoll", "edge"}},
			{Name: "ours", Traits: []string{"epoll", "edge"}, Reference: true},
			{Name: "other", Traits: []string{"poll"}},
		},
		Record: func(_ context.Context, t Target) (*trace.Recording, error) {
			mu.Lock()
			defer mu.Unlock()
			recorded = append(recorded, t.Name)
			return &trace.Recording{Header: trace.Header{Kernel: "of " + t.Name}}, nil
		},
	}
	run, err := withSample(t, plan, "a.server", "a.kernel")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"mine", "ours"}, recorded, "the Rule does not apply to the third, and kernel Rules to none")
	require.Len(t, run.Results, 2)
	require.Len(t, run.Results[0].Scenarios, 2, "a foreign server is spared @reference loads")
	require.Len(t, run.Results[1].Scenarios, 3)
	require.Equal(t, "of mine", run.Results[0].Observed)
}

func TestLoadsAreSpared(t *testing.T) {
	plan := Plan{
		Targets: []Target{
			{Name: "recorded", Traits: []string{"epoll", "edge"}, RecordedOnly: true},
			{Name: "wrong elsewhere", Traits: []string{"epoll", "edge"}, Breaks: []string{"a.broken"}},
			{Name: "wrong here", Traits: []string{"epoll", "edge"}, Breaks: []string{"a.server"}},
		},
		Record: func(context.Context, Target) (*trace.Recording, error) { return &trace.Recording{}, nil },
	}
	run, err := withSample(t, plan, "a.server")
	require.NoError(t, err)
	for i, scenarios := range []int{1, 1, 3} {
		require.Len(t, run.Results[i].Scenarios, scenarios, run.Results[i].Subject)
	}
}

func TestARecordingThatFailsIsOurError(t *testing.T) {
	plan := Plan{
		Targets: []Target{{Name: "mine", Traits: []string{"epoll", "edge"}}},
		Record:  func(context.Context, Target) (*trace.Recording, error) { return nil, errors.New("no ptrace") },
	}
	run, err := withSample(t, plan, "a.server")
	require.NoError(t, err)
	require.Equal(t, check.Error, run.Results[0].Outcome)
	require.Contains(t, run.Results[0].Observed, "no ptrace")
}

func TestNothingSelectedIsAnError(t *testing.T) {
	_, err := withSample(t, Plan{Kernel: true}, "a.server")
	require.ErrorIs(t, err, ErrNothingSelected)
}

func TestAHangingStepEndsTheRun(t *testing.T) {
	_, err := withSample(t, Plan{Kernel: true, Patience: 50 * time.Millisecond}, "a.hangs")
	require.ErrorContains(t, err, "a.hangs")
}

func TestOnlyMeasuredScenarios(t *testing.T) {
	for measured, name := range map[bool]string{true: "measured", false: "plain"} {
		claims := claimsOfSample(t, "a.kernel")
		claims[0].Scenarios = slices.DeleteFunc(claims[0].Scenarios, func(s features.Scenario) bool { return s.Measured != measured })
		run, err := withSample(t, Plan{Kernel: true, Claims: claims})
		require.NoError(t, err)
		require.Len(t, run.Results[0].Scenarios, 1)
		require.Equal(t, name, run.Results[0].Scenarios[0].Name)
	}
}
