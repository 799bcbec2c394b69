//go:build linux

package steps

import (
	"context"
	"fmt"
	"slices"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/trace"
)

// World is what the steps of one scenario share. Each scenario gets its own.
type World struct {
	// Target is the server under test; nil in a @kernel scenario.
	Target *Target

	notes    []string
	series   []report.Series
	finding  *check.Finding
	cleanups []func()
	run      *targetRun
	peers    []Target
}

// Note adds evidence that is shown beside the scenario: a number measured, a list seen.
func (w *World) Note(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

// Measured keeps numbers for a plot, beside the Note that says them.
func (w *World) Measured(s report.Series) { w.series = append(w.series, s) }

// Cleanup has f run when the scenario is over, whatever came of it; the last one registered runs first.
func (w *World) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }

func (w *World) clean() {
	for _, f := range slices.Backward(w.cleanups) {
		f()
	}
	w.cleanups = nil
}

// Recording gives the recording of the exercise with this target. It is made once, however many Rules ask for it.
func (w *World) Recording(ctx context.Context) (*trace.Recording, error) { return w.run.recording(ctx) }

// Judge applies a predicate to the recording of the exercise and keeps its evidence, also when the claim is kept.
func (w *World) Judge(ctx context.Context, p check.Predicate) error {
	rec, err := w.Recording(ctx)
	if err != nil {
		return err
	}
	f := p(rec)
	w.keep(f)
	return f.Err()
}

// keep remembers the finding of the last predicate that passed, or of the first that did not.
func (w *World) keep(f check.Finding) {
	if w.finding == nil || w.finding.Outcome == check.Pass {
		w.finding = &f
	}
}

// A stepFile registers the step definitions of one feature for one scenario's world. State that steps share lives in
// variables of that function: it is called anew for each scenario.
type stepFile func(*godog.ScenarioContext, *World)
