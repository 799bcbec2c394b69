//go:build linux

package steps

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
)

// tries is how often a server with workers may be late, on a busy machine, before it is taken to stall.
const tries = 5

// slowHandler: others wait while one request is worked on, unless workers do the work. It breaks when one of several
// clients of a single reactor is answered while another one's request is worked on, and when those of a server with
// workers are not.
func slowHandler(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var request string
	sc.Given(`^(\d+) clients of the server, each of which was served$`, func(ctx context.Context, n int) (err error) {
		if w.Target.Protocol != "line" {
			return check.Unsupportedf("work of a given length is a request of the line protocol, and the server speaks %s", w.Target.Protocol)
		}
		if c, err = w.invite(ctx); err == nil {
			err = c.grow(n)
		}
		if err == nil {
			err = c.inTurn(c.clients)
		}
		return err
	})
	sc.When(`^one of them asks for (\d+) ms of work, and the others ask as soon as the server has read that$`, func(ms int) {
		request = fmt.Sprintf("sleep %d\n", ms)
	})
	sc.Then(`^nobody is answered before the slow one, except where workers do the work: there everybody is$`, func() error {
		others := len(c.clients) - 1
		helped := slices.Contains(w.Target.Traits, "single-reactor-threads") || slices.Contains(w.Target.Traits, "single-reactor-processes")
		most := 0
		for range tries {
			early, err := c.overtakers(request)
			if err != nil {
				return err
			}
			if most = max(most, early); !helped || most == others {
				break
			}
		}
		w.Note("%d of %d others were answered before the slow request", most, others)
		switch {
		case helped && most < others:
			return check.Failf("workers that leave the reactor free: all others answered before the slow request", "%d of %d, in the best of %d rounds", most, others, tries)
		case !helped && most > 0:
			return check.Failf("one thread: nobody answered before the slow request", "%d of %d others were", most, others)
		}
		return nil
	})
}

// overtakers counts how many were answered before the first client, whose slow request the server had read when they
// asked. It looks at the others first and then at the first one, so that what it has seen was so; on a busy machine it
// may see less than there was.
func (c *crowd) overtakers(request string) (early int, err error) {
	slow, others := c.clients[0], c.clients[1:]
	if err := unix.Send(slow.fd, []byte(request), unix.MSG_NOSIGNAL); err != nil {
		return 0, fmt.Errorf("send the slow request: %w", err)
	}
	if err := await.Until("the server to read the slow request", func() (bool, error) { return c.taken(slow) }); err != nil {
		return 0, err
	}
	for _, g := range others {
		if err := c.send(g); err != nil {
			return 0, err
		}
	}
	last := sock.PollSet(unix.POLLIN, slow.fd)
	err = await.Until("the answer to the slow request", func() (bool, error) {
		answered, err := sock.Poll(sock.PollSet(unix.POLLIN, fdsOf(others)...), 0)
		if err != nil {
			return false, err
		}
		done, err := sock.Poll(last, time.Millisecond)
		if done == 0 {
			early = max(early, answered)
		}
		return done > 0, err
	})
	if err != nil {
		return 0, err
	}
	answer := make([]byte, len("slept ")+len(request)-len("sleep "))
	if _, err := io.ReadFull(slow.answers, answer); err != nil {
		return 0, gone(err)
	}
	for _, g := range others {
		if err := g.receive(); err != nil {
			return 0, err
		}
	}
	return early, nil
}

func fdsOf(guests []*guest) (fds []int) {
	for _, g := range guests {
		fds = append(fds, g.fd)
	}
	return fds
}
