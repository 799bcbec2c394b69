//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// staleEvents: clients come under the numbers of those who leave. It breaks when what was meant for one reaches another
// (counterexample/stale-events).
func staleEvents(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var wrong error
	var staying []*guest
	sc.Given(`^(\d+) clients that are about to leave, and (\d+) that stay$`, func(ctx context.Context, leaving, n int) (err error) {
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		c.watched = enoughLooks
		if err = inOrder(func() error { return c.grow(leaving + n) }, func() error { return c.inTurn(c.clients) }); err != nil {
			return owed("answers before anybody leaves", err)
		}
		staying, c.clients = c.clients[leaving:], c.clients[:leaving]
		return nil
	})
	sc.When(`^(\d+) times the server stands still while (\d+) clients ask and leave and as many come and ask$`, func(times, n int) error {
		for round := 1; round <= times && wrong == nil; round++ {
			leaving := c.clients
			c.clients = nil
			err := c.atStandstill(func() error { return c.relieve(leaving, staying, n) })
			if err != nil {
				return err
			}
			if err := c.serveAll(slices.Concat(c.clients, staying)); err != nil {
				wrong = fmt.Errorf("round %d: %w", round, err)
			}
		}
		return nil
	})
	sc.Then(`^each client that is there gets its own answers and no other, and keeps its connection$`, func() error {
		if wrong != nil {
			return check.Failf("for each client its own answers, and its connection", "%v", wrong)
		}
		return nil
	})
}

// atStandstill stops all threads of the server, does something, and lets them go on.
func (c *crowd) atStandstill(do func() error) error {
	resume, err := c.server.Halt()
	if err != nil {
		return err
	}
	return errors.Join(do(), resume())
}

// relieve has clients ask and leave, every other one by a reset, and as many come in their place and ask; so do those who
// stay.
func (c *crowd) relieve(leaving, staying []*guest, n int) error {
	for i, g := range leaving {
		if err := c.send(g); err != nil {
			return err
		}
		if i%2 == 0 {
			if err := resetting(g); err != nil {
				return err
			}
		}
		c.leave(g)
	}
	if err := c.grow(n); err != nil {
		return err
	}
	for _, g := range slices.Concat(c.clients, staying) {
		if err := c.send(g); err != nil {
			return err
		}
	}
	return nil
}

// serveAll reads the answers that are due, and then has each ask once more: a connection that was closed by mistake may
// have been so after its answer.
func (c *crowd) serveAll(clients []*guest) error {
	for i, g := range clients {
		if err := g.receive(); err != nil {
			return fmt.Errorf("client %d of %d, when it asked as others left: %w", i+1, len(clients), err)
		}
	}
	for i, g := range clients {
		if err := c.ask(g); err != nil {
			return fmt.Errorf("client %d of %d, when it asked again: %w", i+1, len(clients), err)
		}
	}
	return nil
}
