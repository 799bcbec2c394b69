//go:build linux

package steps

import (
	"context"
	"fmt"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
)

// resets: clients that reset their connections hurt nobody else. It breaks when the server ends, or somebody who did
// nothing wrong gets no answer (counterexample/dies-of-a-reset).
func resets(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	sc.Given(`^a client that the server has served$`, func(ctx context.Context) (err error) {
		c, err = w.servedClient(ctx)
		return err
	})
	sc.When(`^(\d+) others reset their connections: at once, within a request, behind a request, and before a reply that does not fit$`, func(n int) error {
		for i := range n {
			breakOff := []func(*guest) error{c.atOnce, c.withinRequest, c.behindRequest, c.beforeReply}[i%4]
			if err := c.resetAfter(breakOff); err != nil {
				return owed("a server that goes on serving", fmt.Errorf("at client %d of %d: %w", i+1, n, err))
			}
		}
		w.Note("%d connections were reset", n)
		return nil
	})
	sc.Then(`^that client is served as before, and so is a new one$`, func() error {
		if err := c.ask(c.clients[0]); err != nil {
			return owed("an answer for the client that was there before", err)
		}
		if err := c.grow(1); err != nil {
			return owed("an open door for a new client", err)
		}
		if err := c.ask(c.clients[len(c.clients)-1]); err != nil {
			return owed("an answer for a new client", err)
		}
		return c.stillThere()
	})
}

// servedClient starts the server, and gives the crowd of one client that was served.
func (w *World) servedClient(ctx context.Context) (*crowd, error) {
	c, err := w.invite(ctx)
	if err != nil {
		return nil, err
	}
	c.watched = enoughLooks
	if err := c.grow(1); err != nil {
		return nil, err
	}
	return c, c.ask(c.clients[0])
}

// stillThere: a server that somebody starts again has lost all others' connections.
func (c *crowd) stillThere() error {
	select {
	case <-c.server.Done():
		return check.Failf("a server that goes on", "its first process has ended")
	default:
		return nil
	}
}

// resetAfter connects a client, has it do something, and resets its connection.
func (c *crowd) resetAfter(doing func(*guest) error) error {
	g, err := c.growLittle()
	if err != nil {
		return err
	}
	c.clients = c.clients[:len(c.clients)-1] // it will not stay
	if err := doing(g); err != nil {
		return err
	}
	if err := resetting(g); err != nil {
		return err
	}
	c.leave(g)
	return nil
}

// resetting makes a reset of the end of the connection.
func resetting(g *guest) error {
	if err := unix.SetsockoptLinger(g.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return fmt.Errorf("setsockopt SO_LINGER: %w", err)
	}
	return nil
}

func (c *crowd) atOnce(*guest) error { return nil }

// withinRequest sends half a request, and waits until the server has read it, so that the reset meets it in the midst.
func (c *crowd) withinRequest(g *guest) error {
	if err := c.firstHalf(g); err != nil {
		return err
	}
	return c.noticed(g)
}

// behindRequest does not wait: the server reads the request, and may find nobody to answer.
func (c *crowd) behindRequest(g *guest) error { return c.send(g) }

// beforeReply lets the server wait for room for its replies, or at least lets it have many to send.
func (c *crowd) beforeReply(g *guest) error {
	_, err := c.stuff(g, 64<<10, 4<<20)
	return err
}
