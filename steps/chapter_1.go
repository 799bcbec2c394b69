//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// socketSteps defines the steps of chapter 1, sockets and the queues in which connections wait.
var socketSteps = []stepFile{
	twoKinds,
	listenQueues,
	socketJudgementSteps,
}

// manyUsersSteps defines the steps of chapter 1.1, many users.
var manyUsersSteps = []stepFile{
	fourTuple,
	descriptorLimit1024,
	connectionMemory,
	budget,
	modelMatters,
}

// socketJudgements are the sentences of both chapters that judge a server's recording.
var socketJudgements = map[string]check.Predicate{
	`no call of the server reads or writes a listening socket`:            check.DataOnConnected,
	`the server meets all its clients at one address and port of its own`: check.ServerEndFixed,
}

func socketJudgementSteps(sc *godog.ScenarioContext, w *World) {
	for sentence, predicate := range socketJudgements {
		sc.Then("^"+sentence+"$", func(ctx context.Context) error { return w.Judge(ctx, predicate) })
	}
}
