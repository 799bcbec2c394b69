//go:build linux

package steps

import (
	"fmt"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/trigger"
)

func rightModel(ends int) trigger.Model { return trigger.NewEpoll(ends) }
func folklore(ends int) trigger.Model   { return trigger.NewFolklore(ends) }

// changeOrConditionSteps defines the steps of change-or-condition.feature.
func changeOrConditionSteps(sc *godog.ScenarioContext, w *World) {
	var found trigger.Found
	var script trigger.Script
	var played trigger.Played
	search := func(model func(int) trigger.Model) func(int) error {
		return func(scripts int) (err error) {
			found, err = trigger.Search(scripts, model)
			return err
		}
	}
	sc.When(`^(\d+) random scripts are played to the kernel and to the model of level, edge and one-shot$`, search(rightModel))
	sc.When(`^up to (\d+) random scripts are played to the kernel and to the model in which edge tells only the first time$`, search(folklore))
	sc.Then(`^they agree on every line of them all$`, func() error {
		if found.Lines == 0 {
			return check.Inconclusivef("no script was played")
		}
		w.Note("%d scripts with %d lines in all", found.Scripts, found.Lines)
		if found.Played.Refuted() {
			return check.Failf("the kernel does what the model says", "this script divides them (RAPID_SEED=%d iospec run --claim trigger.edge-only-on-change repeats it):\n%s", found.Seed, found.Played)
		}
		return nil
	})
	sc.Then(`^a script refutes that model, and shrunk it has at most (\d+) lines$`, func(lines int) error {
		if !found.Played.Refuted() || len(found.Played.Lines) > lines {
			return check.Failf(fmt.Sprintf("a script of at most %d lines that refutes the model", lines), "%d lines:\n%s", len(found.Played.Lines), found.Played)
		}
		w.Note("refuted by, shrunk (RAPID_SEED=%d):\n%s", found.Seed, found.Played)
		return nil
	})
	sc.When(`^this script is played to the kernel and to the model in which edge tells only the first time:$`, func(text *godog.DocString) (err error) {
		if script, err = trigger.ParseScript(text.Content); err != nil {
			return err
		}
		played, err = play(script, folklore)
		return err
	})
	sc.Then(`^they disagree on the last line: the kernel reports the end, that model does not$`, func() error {
		if !played.Refuted() || len(played.Lines) != len(script) || played.Model != "→ nothing" {
			return check.Failf("a report in the last line that the model does not foresee", "%s", played)
		}
		w.Note("%s", played)
		return nil
	})
	sc.Then(`^the model of level, edge and one-shot agrees with the kernel on every line of it$`, func() error {
		p, err := play(script, rightModel)
		if err == nil && p.Refuted() {
			return check.Failf("the kernel does what the model says", "%s", p)
		}
		return err
	})
}

func play(s trigger.Script, model func(int) trigger.Model) (trigger.Played, error) {
	l, err := sock.Listen(trigger.Ends)
	if err != nil {
		return trigger.Played{}, err
	}
	defer sock.Close(l.FD)
	return trigger.Play(s, model(trigger.Ends), l)
}
