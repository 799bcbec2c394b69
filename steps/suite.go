//go:build linux

package steps

import (
	"context"
	"errors"
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
	"github.com/iospec/iospec/identify"
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

	// Abroad says that it is a program of another system, which another program plays here (package wine): its Command is told
	// to this program's form for that system. Its calls cannot be recorded, so @server scenarios do not run against it; nor do
	// those that are @linux.
	Abroad bool

	RecordedOnly bool // there is a recording of it and no more: it cannot be put under a load

	Output io.Writer // gets all that it prints; nil: nobody wants it

	Load  string // a command that makes the traffic in place of the exercise's clients: see subject.Load
	Waves bool   // further bursts follow the exercise's, until two of its processes have accepted
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

	// Looked, if set, judges @server scenarios in place of recordings: the target was looked at. There is one target then.
	Looked *identify.Looked

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
	if plan.Looked != nil {
		plan.Record = unrecorded
	}
	if plan.steps == nil {
		plan.steps = stepFiles
	}
	run := &report.Run{Schema: report.SchemaRun, Started: time.Now(), Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Kernel: kernelRelease()}
	for _, c := range plan.Claims {
		run.Claims = append(run.Claims, report.Claim{ID: c.ID, Verdict: c.Verdict, Section: c.Section, Chapter: c.Chapter, Title: c.Title, File: c.File, Line: c.Line})
	}
	if plan.Kernel {
		kernel := &judged{Subject: report.Subject{Name: report.Kernel}, shared: &targetRun{}}
		if err := plan.judge(ctx, kernel, together, alone); err != nil {
			return run, err
		}
		plan.enter(run, kernel)
	}
	recordings := plan.recordAll(ctx)
	if err := plan.judgeTargets(ctx, run, recordings); err != nil {
		return run, err
	}
	if plan.Wild {
		wild := &judged{Subject: report.Subject{Name: report.Wild}, shared: &targetRun{target: &Target{Name: report.Wild, wild: true}, record: plan.Record, others: recordings}}
		if err := plan.judge(ctx, wild, together, alone); err != nil {
			return run, err
		}
		plan.enter(run, wild)
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
		if !slices.ContainsFunc(p.Claims, func(c features.Claim) bool { return anyChosen(c, features.Server, together, r.target) }) {
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
