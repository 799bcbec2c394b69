//go:build linux

package steps

import (
	"context"
	"fmt"
	"slices"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
)

// slowClients: half a request delays nobody else. It breaks when the server waits for the other half
// (counterexample/waits-for-the-rest), and for a pool when it does not run dry.
func slowClients(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var slow, others []*guest
	sc.Given(`^(\d+) clients that have each sent half a request, which the server has read$`, func(ctx context.Context, n int) (err error) {
		if c, slow, err = w.halfWay(ctx, n); err != nil {
			return err
		}
		for _, g := range slow {
			if err := c.noticed(g); err != nil {
				return err
			}
		}
		return nil
	})
	sc.Given(`^(\d+) clients that have each sent half a request, over which the server has gone to sleep$`, func(ctx context.Context, n int) (err error) {
		if c, slow, err = w.halfWay(ctx, n); err != nil {
			return err
		}
		return c.rests()
	})
	sc.When(`^(\d+) (?:others come|more comes) and asks?$`, func(n int) error {
		if err := c.grow(n); err != nil {
			return owed("an open door", err)
		}
		others = c.clients[len(slow):]
		for _, g := range others {
			if err := c.send(g); err != nil {
				return owed("a server that listens", err)
			}
		}
		return nil
	})
	sc.Then(`^the others are answered, while the half requests wait$`, func() error {
		for i, g := range others {
			if err := g.receive(); err != nil {
				return owed(fmt.Sprintf("answers for all others, while %d requests are half there", len(slow)), fmt.Errorf("of other %d: %w", i+1, err))
			}
		}
		w.Note("%d others were answered while %d requests were half there", len(others), len(slow))
		others = nil
		return nil
	})
	sc.Then(`^it is answered, except by a pool: there it waits for somebody to leave$`, func() error {
		last := others[0]
		if !slices.ContainsFunc(pools, w.Target.Traits.Has) {
			w.Note("one more client was answered while %d requests were half there", len(slow))
			others = nil
			return owed(fmt.Sprintf("an answer, though %d requests are half there", len(slow)), last.receive())
		}
		answered, err := c.served(last)
		if err == nil && answered {
			err = check.Failf("a pool that has run dry", "with %d half requests, one more client is answered", len(slow))
		}
		w.Note("one more client waited while %d requests were half there", len(slow))
		return err
	})
	sc.Then(`^who sends the other half is answered, and leaves, and in the end everybody was answered$`, func() error { return c.makeWhole(slow, others) })
}

// makeWhole has the slow clients send the other halves; everybody is answered in the end, each of the slow when those before
// it have left.
func (c *crowd) makeWhole(slow, others []*guest) error {
	// All of them first: in a pool whose helpers take turns with the clients, any one may be waiting for a helper.
	for _, g := range slow {
		if err := c.otherHalf(g); err != nil {
			return owed("a server that takes the rest of a request", err)
		}
	}
	for _, g := range slow {
		if err := g.receive(); err != nil {
			return owed("an answer, however late the request is whole", err)
		}
		c.leave(g)
	}
	for _, g := range others {
		if err := g.receive(); err != nil {
			return owed("an answer for who came last", err)
		}
	}
	return nil
}

// pools serve as many clients at once as they have processes, threads, or helpers that receive.
var pools = []string{"process-pool", "thread-pool", "emulated-proactor"}

// halfWay starts the server, and gives n clients that have each sent half a request.
func (w *World) halfWay(ctx context.Context, n int) (c *crowd, slow []*guest, err error) {
	if c, err = w.invite(ctx); err != nil {
		return nil, nil, err
	}
	c.watched = enoughLooks
	if err := c.grow(n); err != nil {
		return nil, nil, err
	}
	slow = slices.Clone(c.clients)
	for _, g := range slow {
		if err := c.firstHalf(g); err != nil {
			return nil, nil, err
		}
	}
	return c, slow, nil
}

// noticed waits until the server has read all that a client has sent, or sleeps over it, which is no fault yet, or has
// dropped the connection, which others will show.
func (c *crowd) noticed(g *guest) error {
	s := c.sleep()
	return await.Until("the server to read half a request", func() (bool, error) {
		mine, theirs, known, err := c.ends(g)
		if err != nil || !known || mine.SendQueue == 0 && theirs.RecvQueue == 0 {
			return true, err
		}
		return s.deep(func() (bool, error) { return c.unread(g) })
	})
}
