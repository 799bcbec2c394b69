//go:build linux

package steps

import (
	"context"
	"fmt"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/english"
)

// tenThousand: the server carries ten thousand connections that are all alive. It breaks when one of them gets no answer
// or a wrong one, or when the server does not hold them all at once (counterexample/table-of-1000).
func tenThousand(sc *godog.ScenarioContext, w *World) {
	var v visit
	var of visitOf

	sc.When(`^(\d+) clients are connected to the server, and each of them sends (\d+) requests, all clients at once$`, func(ctx context.Context, clients, requests int) (err error) {
		of = visitOf{clients, requests}
		v, err = w.Visit(ctx, of)
		return err
	})
	sc.Then(`^every answer is right, and the server holds all (\d+) connections$`, func(n int) error {
		if v.wrong != nil {
			return check.Failf("the right answer for every client", "%v", v.wrong)
		}
		w.Note("%d connections held by %s with %s", v.held, english.Count(v.full.Processes, "process"), english.Count(v.full.Threads, "thread"))
		if v.held != n {
			return check.Failf(fmt.Sprintf("%d connections in the server's hands", n), "%d", v.held)
		}
		return nil
	})
	sc.Then(`^when they have left, the server holds no more than before they came$`, func() error {
		w.Note("before they came: %s; when they had left: %s", holdings(v.before), holdings(v.after))
		return v.kept
	})
	sc.Then(`^each connection takes less than (\d+) KB, the server's own memory and the kernel's together$`, func(budget int64) error {
		n := int64(of.clients)
		own, kernels := (v.full.RSS-v.before.RSS)/n, v.kernel/n
		w.Note("measured for each of %d connections: %d bytes of the server's own, %d of the kernel's objects, the client's end included; %d KB are budgeted", n, own, kernels, budget)
		if own+kernels >= budget*1000 {
			return check.Failf(fmt.Sprintf("less than %d KB for each connection", budget), "%d bytes of its own and %d of the kernel's", own, kernels)
		}
		return nil
	})
}
