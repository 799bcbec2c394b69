//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/subject/stress"
)

// answersInOrder: random clients against a model of what must come back. It breaks when a server answers otherwise
// (counterexample/clears-its-buffer), and shows the shortest script for it that was found.
func answersInOrder(sc *godog.ScenarioContext, w *World) {
	var found stress.Found
	var theatre *stage
	sc.When(`^(\d+) scripts are drawn and played, in which up to 4 clients send whole, cut and piled-up requests, read in sips, half-close, reset and come again$`, func(ctx context.Context, scripts int) (err error) {
		theatre = &stage{w: w}
		found, err = stress.Search(scripts, w.Target.Protocol, func(s stress.Script, again bool) (*stress.Fault, error) {
			return theatre.play(ctx, s, again)
		})
		if errors.Is(err, stress.ErrNoModel) {
			return check.Unsupportedf("%v: random scripts can be drawn for a server of another protocol only", err)
		}
		w.Note("seed %d: %d scripts of %d steps in all (RAPID_SEED draws the same)", found.Seed, found.Scripts, found.Steps)
		return err
	})
	sc.Then(`^every client gets exactly its answers, in the order of its requests, and then the end$`, func() error {
		if found.Fault == nil {
			return nil
		}
		finding := check.Finding{
			Outcome:  check.Fail,
			Expected: found.Fault.Expected,
			Observed: fmt.Sprintf("client %d, at step %d of the script below: %s", found.Fault.Client, found.Fault.Step, found.Fault.Observed),
			Acquit:   fmt.Sprintf("the script played without a fault: save it and replay it with: iospec replay --protocol %s FILE -- %s", theatre.server.Protocol(), strings.Join(w.Target.Command, " ")),
		}
		for _, step := range found.Script {
			finding.Witness = append(finding.Witness, check.Witness{Text: step.String()})
		}
		return finding.Err()
	})
}

// A stage is where scripts are played, one after the other on one server; but who has failed is not asked again: the next
// script finds a new server.
type stage struct {
	w      *World
	server *subject.Subject
	failed bool
}

func (t *stage) play(ctx context.Context, s stress.Script, again bool) (*stress.Fault, error) {
	if t.server == nil || t.failed {
		if t.failed {
			if _, err := t.server.Stop(ctx); err != nil {
				return nil, err
			}
		}
		server, err := t.w.Start(ctx)
		if err != nil {
			return nil, err
		}
		t.server, t.failed = server, false
	}
	fault, err := stageOn(t.server, again).Play(ctx, s)
	t.failed = fault != nil
	return fault, err
}

// stageOn is a server as a place to play scripts on: a play ends when the server sleeps over what it owes; sooner where it
// is known to.
func stageOn(server *subject.Subject, again bool) stress.Stage {
	watch := vigil{server: server}
	return stress.Stage{Address: server.Address(), Protocol: server.Protocol(), InVain: func(begin bool) (bool, error) {
		if begin {
			watch.score = 0
		}
		inVain, err := watch.inVain()
		return inVain || again && watch.score >= enoughLooks/10, err
	}}
}

// Replay starts a server, plays a script on it, and stops it. It gives the fault that it finds, nil if there is none.
func Replay(ctx context.Context, t Target, s stress.Script) (fault *stress.Fault, err error) {
	server, err := subject.Start(ctx, t.spec())
	if err != nil {
		return nil, err
	}
	defer func() {
		if _, stopErr := server.Stop(context.WithoutCancel(ctx)); err == nil {
			err = stopErr
		}
	}()
	return stageOn(server, false).Play(ctx, s)
}
