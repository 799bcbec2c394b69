//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// processJudgementSteps judge who makes, inherits, closes and waits for what. They are broken by a parent that never
// waits, one that keeps its connections, a child that keeps the listener, and a pool whose threads come late.
func processJudgementSteps(sc *godog.ScenarioContext, w *World) {
	for sentence, predicate := range map[string]check.Predicate{
		"accepts and reads block, and nothing waits for readiness":                                   check.BlockingBase,
		"each connection has a process that serves no other":                                         check.PerClient,
		"one process accepts, and after each accept makes the process that serves":                   check.ParentAccepts,
		"each connection is served by a process that inherited it from the one that accepted it":     check.InheritsConnection,
		"no process that serves a connection has the listener":                                       check.DropsListener,
		"the parent closes each connection that it has handed to a child":                            check.DropsConnection,
		"the server has waited for the children that ended":                                          check.ZombiesReaped,
		"several processes accept what they serve, each one connection at a time":                    check.ProcessPool,
		"each connection is served by a thread made for it, which ends with it":                      check.ThreadPerConnection,
		"all threads that serve were there before the first connection":                              check.CreatedAhead,
		"connections are taken from the accepting thread by others, which serve one after the other": check.TakesFromQueue,
		"each accepted connection is served by exactly one thread, and none is forgotten":            check.QueueLocked,
	} {
		sc.Then("^"+sentence+"$", func(ctx context.Context) error { return w.Judge(ctx, predicate) })
	}
}
