//go:build linux

package steps

import (
	"context"
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// userScan: the server's own count of the descriptors it looked at after each call of select. It breaks when the server
// finds the ready one without looking through the others.
func userScan(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	asked := 0

	sc.Given(`^(\d+) clients connected to a server that counts what it looks at$`, func(ctx context.Context, n int) (err error) {
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		if err = c.grow(n); err != nil {
			return err
		}
		return c.inTurn(c.clients)
	})
	sc.When(`^the one that came last sends (\d+) requests, and nobody else does anything$`, func(n int) error {
		asked = n
		for range n {
			if err := c.ask(c.clients[len(c.clients)-1]); err != nil {
				return err
			}
		}
		return nil
	})
	sc.Then(`^by its own count the server looked at all the connections again for each of these requests$`, func(ctx context.Context) error {
		if _, err := c.server.Stop(ctx); err != nil {
			return err
		}
		calls, looks, err := scansOf(c.server.Output())
		if err != nil {
			return err
		}
		w.Note("%d calls of select, after which the server looked at %d descriptors, for %d requests of the last of %d clients", calls, looks, asked, len(c.clients))
		if looks < asked*len(c.clients) || calls < asked {
			return check.Failf(fmt.Sprintf("%d connections to be looked at for each of %d requests", len(c.clients), asked), "%d descriptors were looked at, after %d calls", looks, calls)
		}
		return nil
	})
}

// scansOf finds the count in the log of a reference server.
func scansOf(log string) (calls, looks int, err error) {
	for line := range strings.Lines(log) {
		if _, counts, found := strings.Cut(line, "select: "); found {
			if n, _ := fmt.Sscanf(counts, "%d calls, after which %d descriptors were looked at", &calls, &looks); n == 2 {
				return calls, looks, nil
			}
		}
	}
	return 0, 0, fmt.Errorf("the server's log has no count of its scans: %q", log)
}
