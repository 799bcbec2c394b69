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
	"github.com/iospec/iospec/report"
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
		var best latecomers
		for range tries {
			seen, err := c.overtake(request)
			if err != nil {
				return err
			}
			if best.better(seen); !helped || best.early == others {
				break
			}
		}
		most := best.early
		w.Note("%d of %d others were answered before the slow request; %s", most, others, best)
		w.Measured(best.series(w.Target.Name))
		switch {
		case helped && most < others:
			return check.Failf("workers that leave the reactor free: all others answered before the slow request", "%d of %d, in the best of %d rounds", most, others, tries)
		case !helped && most > 0:
			return check.Failf("one thread: nobody answered before the slow request", "%d of %d others were", most, others)
		}
		return nil
	})
}

// latecomers are those who ask while the server works on a slow request.
type latecomers struct {
	early int             // those answered before the slow one
	waits []time.Duration // how long each waited for its answer, the shortest first
}

// better keeps the round in which more were early: a busy machine makes late, and never early.
func (l *latecomers) better(other latecomers) {
	if l.waits == nil || other.early > l.early {
		*l = other
	}
}

func (l latecomers) String() string {
	return fmt.Sprintf("they waited %.1f to %.1f ms", l.waits[0].Seconds()*1e3, l.waits[len(l.waits)-1].Seconds()*1e3)
}

// series is how long which part of them waited at most.
func (l latecomers) series(server string) report.Series {
	s := report.Series{Of: "the latency beside a slow handler", Name: server, XUnit: "% of the others, the quickest first", YUnit: "ns"}
	for i, wait := range l.waits {
		s.X, s.Y = append(s.X, 100*float64(i+1)/float64(len(l.waits))), append(s.Y, float64(wait.Nanoseconds()))
	}
	return s
}

// overtake has the first client ask for something slow, and the others ask when the server has read that. In each look
// the slow one comes last, so that whoever was seen answered before it was; on a busy machine less may be seen than
// there was.
func (c *crowd) overtake(request string) (seen latecomers, err error) {
	slow, others := c.clients[0], c.clients[1:]
	if err := unix.Send(slow.fd, []byte(request), unix.MSG_NOSIGNAL); err != nil {
		return seen, fmt.Errorf("send the slow request: %w", err)
	}
	if err := await.Until("the server to read the slow request", func() (bool, error) { return c.taken(slow) }); err != nil {
		return seen, err
	}
	asked := time.Now()
	for _, g := range others {
		if err := c.send(g); err != nil {
			return seen, err
		}
	}
	silent := sock.PollSet(unix.POLLIN, append(fdsOf(others), slow.fd)...)
	err = await.Until("the answers to the slow request and to the others", func() (bool, error) {
		if _, err := sock.Poll(silent, time.Millisecond); err != nil {
			return false, err
		}
		seen.look(silent, time.Since(asked))
		return len(seen.waits) == len(others) && silent[len(others)].Fd < 0, nil
	})
	if err != nil {
		return seen, err
	}
	answer := make([]byte, len("slept ")+len(request)-len("sleep "))
	if _, err := io.ReadFull(slow.answers, answer); err != nil {
		return seen, gone(err)
	}
	for _, g := range others {
		if err := g.receive(); err != nil {
			return seen, err
		}
	}
	return seen, nil
}

// look notes who has been answered by now, and has poll skip them from now on (a descriptor below 0, poll(2)).
func (l *latecomers) look(silent []unix.PollFd, now time.Duration) {
	for i := range silent {
		if silent[i].Revents == 0 {
			continue
		}
		silent[i].Fd, silent[i].Revents = -1, 0
		if i < len(silent)-1 {
			l.waits = append(l.waits, now)
		}
	}
	if silent[len(silent)-1].Fd >= 0 {
		l.early = len(l.waits)
	}
}

func fdsOf(guests []*guest) (fds []int) {
	for _, g := range guests {
		fds = append(fds, g.fd)
	}
	return fds
}
