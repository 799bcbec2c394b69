//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/trace"
)

// Target is a server under test: a command, and what it claims to be.
type Target struct {
	Name      string
	Traits    trait.Set
	Command   []string
	PID       int               // not 0: in place of a command, a process that runs already and will run on
	Files     map[string]string // what it reads: see subject.Spec
	Env       []string          // added to the environment
	Address   string            // "" to find out what it listens on
	Protocol  string
	Breaks    []string // a counterexample: the claims it must break
	Reference bool     // one of ours: @reference scenarios run against it

	// Code finds what one of ours consists of, to be counted; nil for others.
	Code func() (*code.Program, error)

	RecordedOnly bool // there is a recording of it and no more: it cannot be put under a load

	Load  string // a command that makes the traffic in place of the exercise's clients: see subject.Load
	Waves int    // further bursts of the exercise, until two of its processes have accepted: see subject.Load
	wild  bool   // stands for the systems that @wild scenarios start

	StartTimeout time.Duration // until it listens; 0 is package subject's own
	TimeScale    float64       // multiplies the clients' patience; 0 is 1
}

// Plan is what to run.
type Plan struct {
	Claims  []features.Claim // the selection
	Kernel  bool             // run @kernel scenarios
	Wild    bool             // run @wild scenarios
	Targets []Target

	// Peers are servers with which a scenario may compare its own one. They are not judged.
	Peers []Target

	// FS holds the feature files that the claims were read from; nil is features.FS.
	FS fs.FS

	// Record makes the recording of the exercise with a target; the suite calls it once per target at most.
	Record func(context.Context, Target) (*trace.Recording, error)

	// Progress, if set, is told of each scenario before it runs (done nil) and after, and of each recording that is
	// begun (claim ""). It may be called by several goroutines.
	Progress func(subject, claim, scenario string, done *report.Scenario)

	// Patience bounds one scenario; a scenario that exceeds it is an error. Default 2 minutes.
	Patience time.Duration

	steps []stepFile // nil is stepFiles
}

// ErrNothingSelected says that a plan has no scenario to run. An empty selection is never a success.
var ErrNothingSelected = errors.New("the selection holds no scenario to run")

// Run runs the plan: kernel scenarios first, then target by target, then named systems. The error is about iospec itself;
// broken claims are in the run.
func Run(ctx context.Context, plan Plan) (*report.Run, error) {
	defer func() { _ = endWindows() }() // where the run is broken off
	if plan.Patience == 0 {
		plan.Patience = 2 * time.Minute
	}
	if plan.FS == nil {
		plan.FS = features.FS
	}
	if plan.steps == nil {
		plan.steps = stepFiles
	}
	run := &report.Run{Schema: report.SchemaRun, Started: time.Now(), Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Kernel: kernelRelease()}
	for _, c := range plan.Claims {
		run.Claims = append(run.Claims, report.Claim{ID: c.ID, Verdict: c.Verdict, Section: c.Section, Chapter: c.Chapter, Title: c.Title, File: c.File, Line: c.Line})
	}
	if plan.Kernel {
		subject := report.Subject{Name: report.Kernel}
		if err := plan.runOn(ctx, run, subject, &targetRun{}); err != nil {
			return run, err
		}
	}
	recordings := plan.recordAll(ctx)
	for i, t := range plan.Targets {
		subject := report.Subject{Name: t.Name, As: t.Traits, Command: t.Command, Breaks: t.Breaks}
		if err := plan.runOn(ctx, run, subject, recordings[i]); err != nil {
			return run, err
		}
	}
	if plan.Wild {
		wild := &targetRun{target: &Target{Name: report.Wild, wild: true}, record: plan.Record, others: recordings}
		if err := plan.runOn(ctx, run, report.Subject{Name: report.Wild}, wild); err != nil {
			return run, err
		}
	}
	run.Confusion = confuse(recordings)
	if err := endWindows(); err != nil {
		return run, err
	}
	run.Seconds = time.Since(run.Started).Seconds()
	run.Tally()
	if len(run.Results) == 0 {
		return run, ErrNothingSelected
	}
	return run, nil
}

// targetRun is the state that a target's scenarios share: the recording of the exercise, and what came of large crowds.
type targetRun struct {
	target *Target // nil for the kernel
	record func(context.Context, Target) (*trace.Recording, error)

	once sync.Once
	rec  *trace.Recording
	err  error

	on string // what the target runs on, if it is not this machine as such

	visits map[visitOf]visit // scenarios run one after the other

	others []*targetRun // of @wild scenarios: the targets before, and the systems that were started since
}

func (r *targetRun) recording(ctx context.Context) (*trace.Recording, error) {
	if r.target == nil || r.record == nil {
		return nil, errors.New("this scenario asks for a recording, but runs against no server; is it tagged @server?")
	}
	r.once.Do(func() {
		if r.err = r.target.lacking(); r.err == nil {
			r.rec, r.err = r.record(ctx, *r.target)
		}
	})
	return r.rec, r.err
}

// atOnce is how many recordings are made at the same time. Most of a recording is waiting, for a server that owes an
// answer above all; and what is judged is order and counts, which company does not change.
const atOnce = 12

// recordAll makes the recordings that the plan needs before any load of a scenario's own, which measures, begins.
func (p Plan) recordAll(ctx context.Context) []*targetRun {
	runs := make([]*targetRun, len(p.Targets))
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range p.Targets {
		r := &targetRun{target: &p.Targets[i], record: p.Record}
		runs[i] = r
		if !slices.ContainsFunc(p.Claims, func(c features.Claim) bool { return anyChosen(c, features.Server, r.target) }) {
			continue
		}
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if p.Progress != nil {
				p.Progress(r.target.Name, "", "recording the exercise", nil)
			}
			_, _ = r.recording(ctx) // a scenario that asks for it gets the error
		})
	}
	all.Wait()
	return runs
}

// chosen tells whether a scenario of a claim runs against the target; nil is the kernel. A counterexample is put under a
// load of a scenario's own only where that must convict it: each such load costs the time of a start.
func chosen(c features.Claim, s features.Scenario, t *Target) bool {
	if t == nil {
		return s.Kind == features.Kernel
	}
	if t.wild {
		return s.Kind == features.Wild
	}
	if !trait.Applies(c.Traits, t.Traits) {
		return false
	}
	switch s.Kind {
	case features.Server:
		return true
	case features.Load:
		return !t.RecordedOnly && (len(t.Breaks) == 0 || slices.Contains(t.Breaks, c.ID))
	case features.Reference:
		return t.Reference || slices.Contains(t.Breaks, c.ID)
	default:
		return false
	}
}

// runOn runs the selected scenarios of one subject in one pass of godog, Rule by Rule.
func (p Plan) runOn(ctx context.Context, run *report.Run, subject report.Subject, shared *targetRun) error {
	t := shared.target
	ran := false
	for _, c := range p.Claims {
		result := report.Result{Claim: c.ID, Subject: subject.Name, Finding: check.Finding{Outcome: check.Pass}}
		for _, kind := range []features.Kind{features.Kernel, features.Server, features.Load, features.Reference, features.Wild} {
			if !anyChosen(c, kind, t) {
				continue
			}
			scenarios, err := p.runRule(ctx, c, kind, subject.Name, shared)
			if err != nil {
				return err
			}
			for _, s := range scenarios {
				if len(result.Scenarios) == 0 || report.Worse(s.Outcome, result.Outcome) {
					result.Finding = s.Finding
				}
				result.Scenarios = append(result.Scenarios, s)
			}
		}
		if len(result.Scenarios) == 0 {
			continue
		}
		ran = true
		run.Results = append(run.Results, result)
	}
	if ran {
		subject.On = shared.on
		run.Subjects = append(run.Subjects, subject)
	}
	return nil
}

func anyChosen(c features.Claim, k features.Kind, t *Target) bool {
	for _, s := range c.Scenarios {
		if s.Kind == k && chosen(c, s, t) {
			return true
		}
	}
	return false
}

// runRule lets godog run a Rule's scenarios of one kind.
func (p Plan) runRule(ctx context.Context, c features.Claim, kind features.Kind, subject string, shared *targetRun) ([]report.Scenario, error) {
	col := &collector{plan: p, claim: c, subject: subject, shared: shared}
	suite := godog.TestSuite{
		Name:                c.ID,
		ScenarioInitializer: col.scenario,
		Options: &godog.Options{
			FS:             p.FS,
			Paths:          []string{c.File},
			Tags:           tagsOf(c, kind),
			Format:         "progress",
			Output:         io.Discard,
			NoColors:       true,
			Strict:         true,
			DefaultContext: ctx,
		},
	}
	done := make(chan int, 1)
	go func() { done <- suite.Run() }()
	limit := time.NewTimer(p.Patience * time.Duration(max(1, len(c.Scenarios))))
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		return nil, fmt.Errorf("claim %s on %s: a scenario did not end within %v", c.ID, subject, p.Patience)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(col.scenarios) == 0 {
		return nil, fmt.Errorf("claim %s: godog ran none of its @%s scenarios", c.ID, kind)
	}
	return col.scenarios, nil
}

// tagsOf is godog's expression for those scenarios of a kind that are in the selection. Within one Rule and one kind,
// scenarios differ in @measured only.
func tagsOf(c features.Claim, kind features.Kind) string {
	expr := "@" + c.ID + " && @" + string(kind)
	measured, counted := false, false
	for _, s := range c.Scenarios {
		if s.Kind == kind {
			measured, counted = measured || s.Measured, counted || !s.Measured
		}
	}
	switch {
	case !measured:
		expr += " && ~@measured"
	case !counted:
		expr += " && @measured"
	}
	return expr
}

// collector turns what godog tells its hooks into results.
type collector struct {
	plan      Plan
	claim     features.Claim
	subject   string
	shared    *targetRun
	scenarios []report.Scenario
}

// scenario sets up one scenario: a fresh world, the hooks, and every step definition there is.
func (col *collector) scenario(sc *godog.ScenarioContext) {
	w := &World{Target: col.shared.target, run: col.shared, peers: col.plan.Peers}
	var res report.Scenario
	var started time.Time
	sc.Before(func(ctx context.Context, s *godog.Scenario) (context.Context, error) {
		started = time.Now()
		res = report.Scenario{Name: s.Name, Kind: kindOf(s)}
		if col.plan.Progress != nil {
			col.plan.Progress(col.subject, col.claim.ID, s.Name, nil)
		}
		return ctx, ctx.Err()
	})
	sc.StepContext().After(func(ctx context.Context, st *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
		res.Steps = append(res.Steps, report.Step{Text: st.Text, Outcome: status.String()})
		return ctx, nil
	})
	sc.After(func(ctx context.Context, s *godog.Scenario, err error) (context.Context, error) {
		w.clean()
		for _, st := range s.Steps[min(len(res.Steps), len(s.Steps)):] { // godog tells nothing of steps after a failure
			res.Steps = append(res.Steps, report.Step{Text: st.Text, Outcome: "skipped"})
		}
		res.Finding = w.outcome(err)
		res.Notes = w.notes
		res.Series = w.series
		res.Seconds = time.Since(started).Seconds()
		col.scenarios = append(col.scenarios, res)
		if col.plan.Progress != nil {
			col.plan.Progress(col.subject, col.claim.ID, s.Name, &res)
		}
		return ctx, nil
	})
	for _, register := range col.plan.steps {
		register(sc, w)
	}
}

func kindOf(s *godog.Scenario) string {
	for _, t := range s.Tags {
		switch k := features.Kind(strings.TrimPrefix(t.Name, "@")); k {
		case features.Kernel, features.Server, features.Load, features.Reference, features.Wild:
			return string(k)
		}
	}
	return ""
}

// outcome is the scenario's finding: that of its failing step, else that of its last predicate, else a plain pass.
func (w *World) outcome(err error) check.Finding {
	switch {
	case errors.Is(err, godog.ErrUndefined), errors.Is(err, godog.ErrPending), errors.Is(err, godog.ErrAmbiguous):
		return check.Finding{Outcome: check.Error, Observed: "step not defined: " + err.Error()}
	case err != nil:
		return check.Of(err)
	case w.finding != nil:
		return *w.finding
	default:
		return check.Finding{Outcome: check.Pass, Observed: strings.Join(w.notes, "; ")}
	}
}
