//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// acceptSharingSteps judge who of several workers accepts. They are broken by a main reactor that accepts for all, and
// each way to share the listener by a server that shares it in another way.
func acceptSharingSteps(sc *godog.ScenarioContext, w *World) {
	for sentence, predicate := range map[string]check.Predicate{
		"the process that set up the listener never accepts, and processes that descend from it do": check.MasterNeverAccepts,
		"in several processes, who waits for connections waits for the listener too, and accepts":   check.WorkersAccept,
		"each connection is served by the process that accepted it, and never travels":              check.StaysWithAcceptor,
		"the listener moves between the workers, and who is without it waits for a limited time":    check.AcceptLock,
		"each worker waits for the same listener with EPOLLEXCLUSIVE":                               check.AcceptExclusive,
		"each worker waits for a listener of its own":                                               check.AcceptSharded,
	} {
		sc.Then("^"+sentence+"$", func(ctx context.Context) error { return w.Judge(ctx, predicate) })
	}
}
