//go:build linux

package steps

import (
	"context"
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/trait"
)

// schemeSteps judge which parts a reactor has, and who plays them. They are broken by a reactor that does the work
// which it should hand over, by a worker that answers clients itself, and by a second thread in a single reactor.
func schemeSteps(sc *godog.ScenarioContext, w *World) {
	for sentence, predicate := range map[string]check.Predicate{
		"one thread touches clients, whatever other threads there are":                                   check.OneAmongOthers,
		"one thread waits, accepts, reads and sends, and needs no call between a request and its answer": check.ThreeObjects,
		"the thread that serves sends no word to another and gets none":                                  check.NoIPC,
		"every connection that is served is waited for together with others":                             check.TwoParts,
		"one thread waits on one set for all connections, and accepts":                                   check.SameDispatch,
		"the thread that waits receives and sends for all clients":                                       check.HandlerOnlyIO,
		"each request is answered after word from a worker that touches no client":                       check.WorkerComputes,
		"each request goes to another process and its result comes back, several at once":                check.BothWays,
	} {
		sc.Then("^"+sentence+"$", func(ctx context.Context) error { return w.Judge(ctx, predicate) })
	}
	sc.Then(`^of the six kinds of server the recording shows the one that is claimed$`, w.onlyItsKind)
}

// reactorKinds are the schemes of the Reactor pattern.
var reactorKinds = []string{"single-reactor", "single-reactor-threads", "single-reactor-processes", "multi-reactor-single", "multi-reactor-threads", "multi-reactor-processes"}

// onlyItsKind judges the recording by every kind: the claimed one must fit, and no other, but for relatives.
func (w *World) onlyItsKind(ctx context.Context) error {
	claimed := trait.Set(w.Target.Traits)
	var fit []string
	for _, kind := range reactorKinds {
		if !claimed.Has(kind) {
			rec, err := w.Recording(ctx)
			if err != nil {
				return err
			}
			if check.ByTrait[kind](rec).Outcome == check.Pass && !isRelated(claimed, kind) {
				fit = append(fit, kind)
			}
			continue
		}
		if err := w.Judge(ctx, check.ByTrait[kind]); err != nil {
			return err
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return check.Failf(fmt.Sprintf("%s and no other kind", claimed.On(trait.Architecture)), "it is also %s", strings.Join(fit, ", "))
}
