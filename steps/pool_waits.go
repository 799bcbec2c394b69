package steps

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
)

// mostThreads is how many clients are tried before a pool is taken to have no bound.
const mostThreads = 300

// poolWaits: a client more than a pool has threads waits, and is served when a thread is free. It breaks when every client
// is served at once, so that there is no pool, and when the one that waits is not served.
func poolWaits(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	sc.Given(`^a client of the server, and as many more as it takes for one to get no answer$`, func(ctx context.Context) (err error) {
		if c, err = w.invite(ctx); err != nil {
			return err
		}
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

// looks is how often in a row the server must be seen asleep: a thread that has been woken runs, or is about to.
const looks = 5

// served waits until the client has an answer, or until its request lies unread while every thread of the server sleeps.
func (c *crowd) served(g *guest) (answered bool, err error) {
	asleep := 0
	err = await.Until("an answer, or a server that sleeps over a request", func() (bool, error) {
		n, err := sock.Poll(sock.PollSet(unix.POLLIN, g.fd), time.Millisecond)
		if answered = n > 0; answered || err != nil {
			return true, err
		}
		still, err := c.sleepsOver(g)
		asleep++
		if !still {
			asleep = 0
		}
		return asleep >= looks, err
	})
	return answered, err
}

// sleepsOver reports whether all threads of the server sleep while the client's request is unread.
func (c *crowd) sleepsOver(g *guest) (bool, error) {
	threads, err := proc.Threads(c.server.PID())
	if err != nil {
		return false, err
	}
	for _, t := range threads {
		if t.State != proc.Sleeping {
			return false, nil
		}
	}
	client, err := unix.Getsockname(g.fd)
	if err != nil {
		return false, fmt.Errorf("getsockname: %w", err)
	}
	at := client.(*unix.SockaddrInet4)
	s, ok, err := proc.Connection(netip.AddrPortFrom(netip.AddrFrom4(c.to.Addr), uint16(c.to.Port)), netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port)))
	return ok && s.RecvQueue > 0, err
}
