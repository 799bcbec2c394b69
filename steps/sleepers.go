//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// sleeperSteps judge who is woken, and where a reactor sleeps. Broken by workers that all wait for one listener
// (counterexample/herds), and by a reactor that naps (counterexample/takes-a-nap).
func sleeperSteps(sc *godog.ScenarioContext, w *World) {
	sc.Then(`^each new client wakes one acceptor$`, func(ctx context.Context) error {
		return w.Judge(ctx, check.OneWakeUp)
	})
	sc.Then(`^no reactor calls what may block, except its wait$`, func(ctx context.Context) error {
		return w.Judge(ctx, check.NeverBlocks)
	})
}
