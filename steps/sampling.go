//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/trace"
)

// Sample starts the target, drives it while it is looked at in place of being recorded, and stops it.
func Sample(ctx context.Context, t Target) (*sample.Observation, error) {
	o := &sample.Observation{Kernel: kernelRelease()}
	s, err := t.lookedAt(ctx, o)
	if err != nil {
		return nil, err
	}
	load := subject.StandardLoad()
	load.TimeScale = t.TimeScale
	_, err = s.Exercise(ctx, load)
	_, stopErr := s.Stop(ctx)
	if err = errors.Join(err, stopErr); err != nil {
		return o, fmt.Errorf("look at %s: %w", t.Name, err)
	}
	return o, nil
}

// lookedAt starts the target to be looked at, or takes the one that runs.
func (t Target) lookedAt(ctx context.Context, o *sample.Observation) (*subject.Subject, error) {
	if t.PID != 0 {
		return subject.LookAt(ctx, t.PID, t.spec(), o)
	}
	return subject.Start(ctx, t.spec(), subject.Sampled(o))
}

// NeedsCalls is why looks cannot judge a claim.
const NeedsCalls = "it needs system calls one by one, which looks at /proc do not show: run where ptrace is allowed"

// lookAt judges a Rule's @server scenarios by looks. Each is the whole claim: the looks were taken of the exercise once.
func (p Plan) lookAt(c features.Claim, as []string, with company) []report.Scenario {
	f, judged := p.Looked.Judge(c.ID, as)
	if !judged {
		f = check.Finding{Outcome: check.Unsupported, Observed: NeedsCalls, By: identify.BySampling}
	}
	var all []report.Scenario
	for _, s := range c.Scenarios {
		if s.Kind == features.Server && s.Measured == bool(with) {
			all = append(all, report.Scenario{Name: s.Name, Line: s.Line, Kind: string(s.Kind), Finding: f})
		}
	}
	return all
}

// unrecorded is what a scenario gets that asks for a recording of a server that was looked at.
func unrecorded(context.Context, Target) (*trace.Recording, error) {
	return nil, check.Unsupportedf("%s", NeedsCalls)
}
