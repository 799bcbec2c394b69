package steps

import (
	"context"
	"fmt"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/subject"
)

// tenThousand: the server carries ten thousand connections that are all alive. It breaks when one of them gets no answer
// or a wrong one, or when the server does not hold them all at once.
func tenThousand(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var before, full subject.Counts
	var kernel, kernelFull proc.Objects

	sc.Given(`^(\d+) clients that are connected to the server at the same time$`, func(ctx context.Context, n int) (err error) {
		if err = needDescriptors(n + 200); err != nil {
			return err
		}
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		if before, err = c.server.Counts(); err != nil {
			return err
		}
		if kernel, err = proc.KernelObjects(); err != nil {
			return err
		}
		return c.grow(n)
	})
	sc.When(`^each of them sends (\d+) requests, all clients at once$`, func(times int) (err error) {
		for range times {
			if err := c.together(c.clients); err != nil {
				return check.Failf("the right answer for every client", "of %d clients: %v", len(c.clients), err)
			}
		}
		if full, err = c.server.Counts(); err != nil {
			return err
		}
		kernelFull, err = proc.KernelObjects()
		return err
	})
	sc.Then(`^every answer is right, and the server holds all (\d+) connections$`, func(n int) error {
		held := full.Descriptors - before.Descriptors
		bytes := (full.RSS - before.RSS) / int64(n)
		w.Note("%d connections served by %d process with %d threads; its own memory grew by %d bytes for each", held, full.Processes, full.Threads, bytes)
		if held < n {
			return check.Failf("a descriptor in the server for each client", "%d descriptors more than at the start", held)
		}
		return nil
	})
	sc.Then(`^each connection takes less than (\d+) KB, the server's own memory and the kernel's together$`, func(budget int64) error {
		n := int64(len(c.clients))
		own, kernels := (full.RSS-before.RSS)/n, (kernelFull.Kept-kernel.Kept)/n
		w.Note("measured for each of %d connections: %d bytes of the server's own, %d of the kernel's objects, the client's end included; %d KB are budgeted", n, own, kernels, budget)
		if own+kernels >= budget*1000 {
			return check.Failf(fmt.Sprintf("less than %d KB for each connection", budget), "%d bytes of its own and %d of the kernel's", own, kernels)
		}
		return nil
	})
}
