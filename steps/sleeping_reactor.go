//go:build linux

package steps

import (
	"context"
	"fmt"
	"io"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
)

// sleepingReactor: while a worker works, the reactor waits. It breaks when a reactor asks again and again whether the
// worker is done (counterexample/spins-for-a-worker). The work is longer each time: on a busy machine it may be over before
// the others have fallen asleep, or we have looked.
func sleepingReactor(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	slept, tries := false, 0
	sc.When(`^a client asks for work that sleeps for (\d+) ms, and again for twice as long, (\d+) times at most$`, func(ctx context.Context, ms, naps int) (err error) {
		if w.Target.Protocol != "line" {
			return check.Unsupportedf("work that sleeps is a request of the line protocol, and the server speaks %s", w.Target.Protocol)
		}
		if c, err = w.invite(ctx); err == nil {
			err = c.grow(1)
		}
		for tries = 0; err == nil && !slept && tries < naps; tries++ {
			slept, err = c.sleepsOver(c.clients[0], ms<<tries)
		}
		return err
	})
	sc.Then(`^the whole server is seen asleep before it answers$`, func() error {
		if !slept {
			return check.Failf("while a worker sleeps, a reactor that sleeps in its wait", "a thread of the server ran until the answer came, in each of %d tries", tries)
		}
		return nil
	})
}

// sleepsOver asks for work that sleeps, and reports whether no thread was awake at some looks in a row that were over
// before the answer came. One look may be wrong: it sees one thread after the other.
func (c *crowd) sleepsOver(g *guest, ms int) (slept bool, err error) {
	if err := unix.Send(g.fd, fmt.Appendf(nil, "sleep %d\n", ms), unix.MSG_NOSIGNAL); err != nil {
		return false, fmt.Errorf("send the request: %w", err)
	}
	if err := await.Until("the server to read the request", func() (bool, error) { return c.taken(g) }); err != nil {
		return false, err
	}
	seen, answer := 0, sock.PollSet(unix.POLLIN, g.fd)
	err = await.Until("the answer", func() (bool, error) {
		asleep, err := c.server.Asleep()
		if err != nil {
			return false, err
		}
		answered, err := sock.Poll(answer, 0)
		if seen++; !asleep || answered > 0 {
			seen = 0
		}
		slept = slept || seen >= looks
		return answered > 0, err
	})
	if err != nil {
		return false, err
	}
	_, err = io.ReadFull(g.answers, make([]byte, len(fmt.Sprintf("slept %d\n", ms))))
	return slept, gone(err)
}
