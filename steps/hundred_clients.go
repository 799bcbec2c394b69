//go:build linux

package steps

import (
	"context"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/subject"
)

// hundredClients: a process for each of a hundred clients. It breaks when a client gets no right answer, or when there
// is not a process for each.
func hundredClients(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var before, full subject.Counts
	sc.Given(`^(\d+) clients, each with a process of the server's$`, func(ctx context.Context, n int) (err error) {
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
	sc.When(`^each of them asks (\d+) times, all clients at once$`, func(times int) (err error) {
		for range times {
			if err := c.together(c.clients); err != nil {
				return check.Failf("the right answer for every client", "of %d clients: %v", len(c.clients), err)
			}
		}
		full, err = c.server.Counts()
		return err
	})
	sc.Then(`^every answer is right, and there are (\d+) processes more than before they came$`, func(n int) error {
		more := full.Processes - before.Processes
		w.Note("%d clients served by %d processes, of %d KiB resident each, shared pages counted again and again", n, more, (full.RSS-before.RSS)/int64(max(more, 1))>>10)
		if more != n {
			return check.Failf("a process for each client", "%d clients, %d processes more than at the start", n, more)
		}
		return nil
	})
}
