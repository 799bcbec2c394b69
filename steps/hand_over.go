//go:build linux

package steps

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject/protocol"
)

// handOver puts load on the place where threads hand things to one another: much lies there, and all of them come for it
// together. It breaks when two take the same thing, or one is lost: then a client gets an answer twice, or another's, or
// none. The server that breaks it so is counterexample/unlocked-hand-over, and for pools counterexample/careless-pool.
func handOver(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	sc.Given(`^(\d+) clients of the server$`, func(ctx context.Context, n int) (err error) {
		if err = needDescriptors(n + 100); err != nil {
			return err
		}
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		c.watched = enoughLooks
		return c.grow(n)
	})
	sc.When(`^all workers are kept busy while all clients ask, each for something else, (\d+) times$`, func(times int) error {
		for range times {
			if err := c.whileBusy(); err != nil {
				return err
			}
		}
		w.Note("%d answers to %d clients", times*len(c.clients), len(c.clients))
		return nil
	})
	sc.When(`^each asks for something else, and those that are answered leave together, until none is left$`, func() error {
		rounds := 0
		for ; len(c.clients) > 0; rounds++ {
			if err := c.leaveTogether(); err != nil {
				return err
			}
		}
		w.Note("all were answered, in %d rounds", rounds)
		return nil
	})
	sc.Then(`^each has got its own answer, and nothing else$`, func() error {
		if err := await.Until("the server to sleep", c.server.Asleep); err != nil {
			return err
		}
		surplus, err := c.readable()
		if err == nil && len(surplus) > 0 {
			err = check.Failf("one answer for each request", "%d clients got more", len(surplus))
		}
		return err
	})
}

// whileBusy has the first clients ask for what keeps every worker busy, then all others for something small, and verifies
// all answers.
func (c *crowd) whileBusy() error {
	long := min(len(c.clients)/2, max(4, 2*runtime.NumCPU()))
	for _, g := range c.clients[:long] {
		if err := g.request(protocol.Line{}.Sleep(10)); err != nil {
			return err
		}
	}
	last := c.clients[long-1]
	if err := await.Until("the server to read what keeps it busy", func() (bool, error) { return c.taken(last) }); err != nil {
		return err
	}
	for _, g := range c.clients[long:] {
		if err := c.send(g); err != nil {
			return err
		}
	}
	for i, g := range c.clients {
		if err := g.receive(); err != nil {
			return check.Failf("every client to get its own answer, once", "client %d of %d: %v", i+1, len(c.clients), err)
		}
	}
	return nil
}

// leaveTogether has those clients ask who have not yet, and those leave who are answered, when the server has nothing
// more to do for anybody else.
func (c *crowd) leaveTogether() error {
	for _, g := range c.clients {
		if g.pending == nil {
			if err := c.send(g); err != nil {
				return err
			}
		}
	}
	if err := await.Until("the server to sleep", c.server.Asleep); err != nil {
		return err
	}
	answered, err := c.readable()
	if err != nil {
		return err
	}
	if len(answered) == 0 { // an answer may be on its way, for all that
		answered = []*guest{c.clients[0]}
	}
	for _, g := range answered {
		if err := g.receive(); err != nil {
			return check.Failf("every client to get its own answer, once", "one of the %d that are left: %v", len(c.clients), err)
		}
	}
	for _, g := range answered {
		c.leave(g)
	}
	c.clients = slices.DeleteFunc(c.clients, func(g *guest) bool { return slices.Contains(answered, g) })
	return nil
}

// readable gives the clients for whom something has come.
func (c *crowd) readable() (some []*guest, err error) {
	set := sock.PollSet(unix.POLLIN, fdsOf(c.clients)...)
	if _, err := sock.Poll(set, 0); err != nil {
		return nil, fmt.Errorf("see who is answered: %w", err)
	}
	for i, g := range c.clients {
		if set[i].Revents != 0 {
			some = append(some, g)
		}
	}
	return some, nil
}
