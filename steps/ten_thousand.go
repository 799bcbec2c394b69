package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/subject"
)

// tenThousand: the server carries ten thousand connections that are all alive. It breaks when one of them gets no answer
// or a wrong one, or when the server does not hold them all at once.
func tenThousand(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var before, full subject.Counts

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
		return c.grow(n)
	})
	sc.When(`^each of them sends (\d+) requests, all clients at once$`, func(times int) (err error) {
		for range times {
			if err := c.together(c.clients); err != nil {
				return check.Failf("the right answer for every client", "of %d clients: %v", len(c.clients), err)
			}
		}
		full, err = c.server.Counts()
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
}
