//go:build linux

package steps

import (
	"context"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
)

// mostThreads is how many clients are tried before a pool is taken to have no bound.
const mostThreads = 300

// asleepFor is how often in a row, a millisecond apart, a server must be seen asleep that is taken to have no thread for a
// client. A runtime may keep a thread from running whose call has returned, though all others sleep: Go's does while the
// processors are lent to calls that block, until its monitor takes one back, which looks every 10 ms at least.
const asleepFor = 20

// poolWaits: a client more than a pool has threads waits, and is served when a thread is free. It breaks when every client
// is served at once, so that there is no pool, and when the one that waits is not served.
func poolWaits(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	sc.Given(`^a client of the server, and as many more as it takes for one to get no answer$`, func(ctx context.Context) (err error) {
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		c.watched = enoughLooks
		for range mostThreads {
			if err := c.grow(1); err != nil {
				return err
			}
			last := c.clients[len(c.clients)-1]
			if err := c.send(last); err != nil {
				return err
			}
			answered, err := c.served(last)
			if err != nil {
				return err
			}
			if !answered {
				w.Note("%d clients were served at once; the request of the next one lay unread while every thread slept", len(c.clients)-1)
				return nil
			}
			if err := last.receive(); err != nil {
				return err
			}
		}
		return check.Failf("a client that has to wait", "all of %d clients are served at once", mostThreads)
	})
	sc.When(`^one of those that were answered leaves$`, func() error {
		if len(c.clients) < 2 {
			return check.Failf("a server that serves somebody", "the first client got no answer")
		}
		c.leave(c.clients[0])
		return nil
	})
	sc.Then(`^the one that waited gets its answer$`, func() error {
		if err := c.clients[len(c.clients)-1].receive(); err != nil {
			return check.Failf("an answer for the one that waited", "%v", err)
		}
		return nil
	})
}

// sleptOver is how often a server's threads must have gone to sleep, all others being silent, before one that wakes them
// now and then is taken to have none for a client.
const sleptOver = 2000

// served waits until the client has an answer, or until its request lies unread while every thread of the server sleeps,
// or has gone to sleep over it again and again.
func (c *crowd) served(g *guest) (answered bool, err error) {
	before, err := c.slept()
	if err != nil {
		return false, err
	}
	s := c.sleep()
	err = await.Until("an answer, or a server that sleeps over a request", func() (bool, error) {
		n, err := sock.Poll(sock.PollSet(unix.POLLIN, g.fd), time.Millisecond)
		if answered = n > 0; answered || err != nil {
			return true, err
		}
		unread := func() (bool, error) { return c.unread(g) }
		if deep, err := s.deep(unread); err != nil || deep && s.seen >= asleepFor {
			return true, err
		}
		slept, err := c.slept()
		if err != nil || slept-before < sleptOver {
			return false, err
		}
		return unread()
	})
	return answered, err
}
