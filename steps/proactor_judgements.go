//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// proactorJudgementSteps judge who is told of what: that it can be done, or that it has been. Each is broken by servers
// that call themselves a Proactor and poll, read, send or accept themselves, and by reactors that do not ask or may block.
func proactorJudgementSteps(sc *godog.ScenarioContext, w *World) {
	for sentence, predicate := range map[string]check.Predicate{
		"everything that clients send is read by calls that do not block":                     check.ReactorIsSync,
		"the kernel is given operations on clients, and no call touches them":                 check.IsAsync,
		"helper threads block in accept, read and write":                                      check.HelpersBlock,
		"each request is reported, then read, then answered":                                  check.EventThenData,
		"each request is received by an operation, and then answered":                         check.DataThenEvent,
		"a receive with its buffer is under way before a client sends":                        check.BufferGivenFirst,
		"all bytes of clients are moved by operations of the kernel":                          check.KernelMovesData,
		"an accept is under way before a client comes":                                        check.Initiator,
		"operations of several clients are under way at once, and no handler performs them":   check.OperationProcessor,
		"each accept leads to a receive, and each request received to a send that is told of": check.CallsHandler,
	} {
		sc.Then("^"+sentence+"$", func(ctx context.Context) error { return w.Judge(ctx, predicate) })
	}
}
