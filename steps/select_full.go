//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/proc"
)

// selectFull: a select server turns away whom its sets have no bit for, says so, and goes on serving the others. It
// breaks when a descriptor above 1023 is served, when one below is not, when the log is silent, or when the server ends.
func selectFull(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var served, refused []*guest

	sc.Given(`^(\d+) clients that connect to the server one after the other and send a request each$`, func(ctx context.Context, n int) (err error) {
		if err = needDescriptors(n + 100); err != nil {
			return err
		}
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		if err = c.grow(n); err != nil {
			return err
		}
		served, refused, err = c.sift(c.clients)
		return err
	})
	sc.Then(`^those that got a descriptor below (\d+) in the server are answered, and the others are closed without an answer$`, func(limit int) error {
		links, err := proc.Links(c.server.PID())
		if err != nil {
			return err
		}
		highest, sockets := 0, 0
		for fd, link := range links {
			highest = max(highest, fd)
			if strings.HasPrefix(link, "socket:") {
				sockets++
			}
		}
		w.Note("%d clients answered, %d turned away; the server holds %d descriptors up to number %d", len(served), len(refused), len(links), highest)
		full := len(links) == limit && highest == limit-1 && sockets == len(served)+1 // one is the listener
		if !full || len(refused) == 0 {
			return check.Failf(fmt.Sprintf("a server with every descriptor below %d in use, and the clients beyond turned away", limit),
				"%d answered, %d turned away, %d descriptors up to %d, of them %d sockets", len(served), len(refused), len(links), highest, sockets)
		}
		return nil
	})
	sc.Then(`^the server's log names the reason, the limit of (\d+)$`, func(limit int) error {
		for line := range strings.Lines(c.server.Output()) {
			if strings.Contains(line, "FD_SETSIZE") && strings.Contains(line, fmt.Sprint(limit)) {
				w.Note("log: %s", strings.TrimSpace(line))
				return nil
			}
		}
		return check.Failf("a line in the server's log that names FD_SETSIZE and the limit", "%q", c.server.Output())
	})
	sc.Then(`^the answered clients are still served, and when one of them leaves, a new client takes its place$`, func() error {
		if err := c.inTurn(served); err != nil {
			return check.Failf("the clients below the limit to be served on", "%v", err)
		}
		c.leave(served[0])
		return c.place(w)
	})
}

// sift lets each client send a request, and tells the answered ones from those whose connection was closed instead.
func (c *crowd) sift(clients []*guest) (answered, closed []*guest, err error) {
	for _, g := range clients {
		switch err := c.ask(g); {
		case errors.Is(err, errGone):
			closed = append(closed, g)
		case err != nil:
			return answered, closed, err
		default:
			answered = append(answered, g)
		}
	}
	return answered, closed, nil
}

// place connects new clients until one is answered: the server learns of a leaver and of a newcomer in either order.
func (c *crowd) place(w *World) error {
	for try := range 20 {
		if err := c.grow(1); err != nil {
			return err
		}
		answered, _, err := c.sift(c.clients[len(c.clients)-1:])
		if err != nil {
			return err
		}
		if len(answered) == 1 {
			w.Note("newcomer %d took the place", try+1)
			return nil
		}
	}
	return check.Failf("a newcomer to be served when there is room again", "20 newcomers were turned away")
}
