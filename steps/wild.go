//go:build linux

package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/trace"
)

// inTheWild: what named systems are, by what they do. The same sentences are said of systems that differ, so each fails
// for another one.
func inTheWild(sc *godog.ScenarioContext, w *World) {
	var title string
	var rec *trace.Recording
	var id identify.Identity

	sc.Given(`^(.+), as Debian packages it$`, func(system string) error {
		title = system
		_, err := w.system(title)
		return err
	})
	sc.When(`^the exercise drives it$`, func(ctx context.Context) (err error) {
		if rec, err = w.SystemRecording(ctx, title); err == nil {
			id = identify.Identify(rec, nobodyAsks)
		}
		return err
	})
	sc.Then(`^by what it does it is: (.+)$`, func(words string) error {
		return w.isByWhatItDoes(id, strings.Split(words, ", "))
	})
	sc.Then(`^its kind of that is: (.+)$`, func(variant string) error {
		if id.Variant != variant {
			return check.Failf(variant, "%s", id.Variant)
		}
		return nil
	})
	sc.Then(`^of its threads, which are several, one touches clients$`, func() error {
		if n := len(rec.Tasks); n < 2 {
			return check.Failf("threads beside the one that serves", "%d thread in all", n)
		}
		w.Note("%d threads and processes in all", len(rec.Tasks))
		return w.judgeThat(rec, check.OneAmongOthers)
	})
	sc.Then(`^judged as (\S+) it passes$`, func(trait string) error { return w.judgeThat(rec, check.ByTrait[trait]) })
	sc.Then(`^judged as (\S+) it fails$`, func(trait string) error {
		f := check.ByTrait[trait](rec)
		w.Note("as %s: %s, %s", trait, f.Outcome, f.Observed)
		if f.Outcome != check.Fail {
			return check.Failf("a system that is no "+trait, "%s: %s", f.Outcome, f.Observed)
		}
		return nil
	})
	sc.When(`^a client asks for a background save, and the exercise drives it$`, func(ctx context.Context) (err error) {
		rec, err = w.traceSystem(ctx, title, backgroundSave)
		return err
	})
	sc.Then(`^a process was made that has no part in any client's connection$`, func() error { return saver(w, rec) })
	sc.When(`^(\d+) clients come and stay, and each asks for something$`, func(ctx context.Context, n int) (err error) {
		rec, err = w.traceSystem(ctx, title, func(_ context.Context, s *subject.Subject) error { return w.overcrowd(s, n) })
		return err
	})
	sc.Then(`^some are refused, by a line that the accepting thread wrote$`, func() error { return refusals(w, rec) })
	wait := &stalled{}
	sc.When(`^one client's script computes, and the requests of (\d+) others have arrived meanwhile$`, func(ctx context.Context, others int) error {
		return wait.arrange(ctx, w, title, others)
	})
	sc.Then(`^none of the others is answered before the script is$`, func() error { return wait.judge(w) })
	for sentence, predicate := range wildJudgements {
		sc.Then("^"+sentence+"$", func() error { return w.judgeThat(rec, predicate) })
	}
}

// wildJudgements are sentences about systems that are one predicate each.
var wildJudgements = map[string]check.Predicate{
	`its master makes the workers and never accepts`:                        check.MasterNeverAccepts,
	`in several of its processes the one that waits for clients accepts`:    check.WorkersAccept,
	`each connection stays with the worker that accepted it`:                check.StaysWithAcceptor,
	`its workers take turns at the listener, one at a time`:                 check.AcceptLock,
	`its workers all wait for the listener, exclusively`:                    check.AcceptExclusive,
	`each of its workers waits for a listener of its own`:                   check.AcceptSharded,
	`its main thread hands each connection over, and gets nothing back`:     check.ClearDivision,
	`each connection is served by one thread, which waits for it, for life`: check.SubServes,
	`one thread accepts and touches no client`:                              check.MainOnlyAccepts,
}

// nobodyAsks leaves out what identify would say about the claims of each architecture: the sentences ask for that.
func nobodyAsks(string, []string) []string { return nil }

func (w *World) judgeThat(rec *trace.Recording, p check.Predicate) error {
	f := p(rec)
	w.keep(f)
	return f.Err()
}

// isByWhatItDoes compares what the system is taken for, by somebody who does not know its name, with what it is said to
// be.
func (w *World) isByWhatItDoes(id identify.Identity, words []string) error {
	f := check.Finding{
		Outcome: check.Pass, Expected: strings.Join(words, ", "),
		Observed: fmt.Sprintf("%s (%s): %s", strings.Join(id.Traits(), ", "), id.Confidence, id.Variant),
	}
	for _, s := range id.Why {
		f.Witness = append(f.Witness, check.Witness{Text: fmt.Sprintf("%s: %s. %s", s.Answer, s.Asks, s.Observed)})
	}
	got := id.Traits()
	slices.Sort(got)
	slices.Sort(words)
	if !slices.Equal(got, words) {
		f.Outcome, f.Acquit = check.Fail, "the signs of that architecture"
	}
	w.keep(f)
	return f.Err()
}
