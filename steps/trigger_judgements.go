//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// triggerJudgements are the sentences of chapter 2.3 that judge a server's recording.
var triggerJudgements = map[string]check.Predicate{
	`what the server's reads left behind was reported again, and nothing was lost`:                    check.LevelMayReadOnce,
	`the server drained each connection that was reported`:                                            check.EdgeMustDrain,
	`the server reads its edge-triggered connections in non-blocking mode, to EAGAIN or a short read`: check.EdgeNonblocking,
}

// triggerJudgementSteps defines them.
func triggerJudgementSteps(sc *godog.ScenarioContext, w *World) {
	for sentence, predicate := range triggerJudgements {
		sc.Then("^"+sentence+"$", func(ctx context.Context) error { return w.Judge(ctx, predicate) })
	}
}
