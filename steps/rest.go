//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// restSteps judge the quiet phase of the exercise. Broken by a server that never disarms EPOLLOUT
// (counterexample/never-disarms).
func restSteps(sc *godog.ScenarioContext, w *World) {
	sc.Then(`^the server sleeps while its clients are quiet, and handles what it is told of$`, func(ctx context.Context) error {
		return w.Judge(ctx, check.NoBusyLoop)
	})
}
