//go:build linux

package steps

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
)

// judged is a subject with what its scenarios have found so far.
type judged struct {
	report.Subject
	shared *targetRun
	found  map[string][]report.Scenario // by claim
}

// company says which scenarios run: those that others may run beside, or those that measure, to whom others are noise.
type company bool

const (
	together company = false
	alone    company = true
)

// loadsAtOnce is on how many targets scenarios that measure nothing run at the same time. Such a scenario waits more than
// it works; but each needs its clients and its server to get on while it waits.
const loadsAtOnce = 3

// judgeTargets runs the selected scenarios of every target: first those that measure nothing, on several targets at once;
// then, target by target, those that measure.
func (p Plan) judgeTargets(ctx context.Context, run *report.Run, recordings []*targetRun) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	subjects := make([]*judged, len(p.Targets))
	slots := make(chan struct{}, loadsAtOnce)
	var all sync.WaitGroup
	for i, t := range p.Targets {
		j := &judged{Subject: report.Subject{Name: t.Name, As: t.Traits, Command: t.Command, Breaks: t.Breaks}, shared: recordings[i]}
		subjects[i] = j
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := p.judge(ctx, j, together); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, j := range subjects {
		if err := p.judge(ctx, j, alone); err != nil {
			return err
		}
		p.enter(run, j)
	}
	return nil
}

// judge runs the selected scenarios of one subject, Rule by Rule.
func (p Plan) judge(ctx context.Context, j *judged, which ...company) error {
	if j.found == nil {
		j.found = map[string][]report.Scenario{}
	}
	for _, c := range p.Claims {
		for _, kind := range []features.Kind{features.Kernel, features.Server, features.Load, features.Reference, features.Wild} {
			for _, with := range which {
				if !anyChosen(c, kind, with, j.shared.target) {
					continue
				}
				scenarios, err := p.runRule(ctx, c, kind, with, j)
				if err != nil {
					return err
				}
				j.found[c.ID] = append(j.found[c.ID], scenarios...)
			}
		}
	}
	return nil
}

// enter adds a subject and its results to the run, in the order of the claims. Of a Rule's scenarios the worst speaks.
func (p Plan) enter(run *report.Run, j *judged) {
	if len(j.found) == 0 {
		return
	}
	for _, c := range p.Claims {
		result := report.Result{Claim: c.ID, Subject: j.Name, Finding: check.Finding{Outcome: check.Pass}, Scenarios: j.found[c.ID]}
		if len(result.Scenarios) == 0 {
			continue
		}
		result.Finding = result.Scenarios[0].Finding
		for _, s := range result.Scenarios[1:] {
			if report.Worse(s.Outcome, result.Outcome) {
				result.Finding = s.Finding
			}
		}
		run.Results = append(run.Results, result)
	}
	j.On = j.shared.on
	run.Subjects = append(run.Subjects, j.Subject)
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
	if t.Abroad && (s.Kind == features.Server || s.Linux) {
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

func anyChosen(c features.Claim, k features.Kind, with company, t *Target) bool {
	for _, s := range c.Scenarios {
		if s.Kind == k && s.Measured == bool(with) && chosen(c, s, t) {
			return true
		}
	}
	return false
}

// runRule lets godog run a Rule's scenarios of one kind in that company.
func (p Plan) runRule(ctx context.Context, c features.Claim, kind features.Kind, with company, j *judged) ([]report.Scenario, error) {
	if p.Looked != nil && kind == features.Server {
		return p.lookAt(c, j.As, with), nil
	}
	col := &collector{plan: p, claim: c, subject: j.Name, shared: j.shared}
	suite := godog.TestSuite{
		Name:                c.ID,
		ScenarioInitializer: col.scenario,
		Options: &godog.Options{
			FS:             p.FS,
			Paths:          []string{c.File},
			Tags:           tagsOf(c.ID, kind, with, j.shared.target),
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
		return nil, fmt.Errorf("claim %s on %s: a scenario did not end within %v", c.ID, j.Name, p.Patience)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(col.scenarios) == 0 {
		return nil, fmt.Errorf("claim %s: godog ran none of its @%s scenarios", c.ID, kind)
	}
	return col.scenarios, nil
}

// tagsOf is godog's expression for the scenarios of a claim that are of a kind and run in that company, on that target.
func tagsOf(id string, kind features.Kind, with company, t *Target) string {
	expr := "@" + id + " && @" + string(kind)
	if t != nil && t.Abroad {
		expr += " && ~@linux"
	}
	if with == alone {
		return expr + " && @measured"
	}
	return expr + " && ~@measured"
}
