//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// reactorRecordingSteps judge who accepts, reads and writes. Broken by a server in which a second thread reads
// (counterexample/second-thread-reads), and by any single reactor that claims to be a multi-reactor.
func reactorRecordingSteps(sc *godog.ScenarioContext, w *World) {
	for sentence, predicate := range map[string]check.Predicate{
		"what a wait reports is handled by the thread that waited, listener by accept and connection by read or write": check.AcceptorAndHandler,
		"each request is read and then answered by one and the same thread":                                            check.ReadWorkSend,
		"the thread that accepts reads and writes no connection":                                                       check.MainOnlyAccepts,
		"each connection is served for life by the thread that waits on its set":                                       check.SubServes,
		"each connection is added by the thread that serves it, to a set of its own":                                   check.SubRegisters,
		"each connection is handed over once, and the thread that accepts gets no word back":                           check.ClearDivision,
	} {
		sc.Then("^"+sentence+"$", func(ctx context.Context) error { return w.Judge(ctx, predicate) })
	}
}
