//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// multiplexingJudgements are the sentences of the chapters 2, 2.1 and 2.2 that judge a server's recording. Each is broken
// by a counterexample that names its claim.
var multiplexingJudgements = map[string]check.Predicate{
	`one thread serves all clients, a little of each in turn`:                                        check.TimeSharing,
	`no request is handled while another thread handles another one`:                                 check.OneAtATime,
	`some wait of the server reports several connections at once`:                                    check.ManyEventsOneCall,
	`every read of a connection follows a report that names it, and what is reported is handled`:     check.KernelReportsReady,
	`each select of the server hands in all its connections and the listener`:                        check.WholeSetIn,
	`each poll of the server hands in an entry for every live connection and the listener`:           check.PollCopies,
	`the server adds the listener and each connection to an epoll instance before it waits for them`: check.CreateCtlWait,
	`the server registers each connection once, and again only to change something`:                  check.InterestKeptInKernel,
}

// multiplexingJudgementSteps defines them.
func multiplexingJudgementSteps(sc *godog.ScenarioContext, w *World) {
	for sentence, predicate := range multiplexingJudgements {
		sc.Then("^"+sentence+"$", func(ctx context.Context) error { return w.Judge(ctx, predicate) })
	}
}
