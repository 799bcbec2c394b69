//go:build linux

package steps

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
)

// talkers: a client that never stops talking does not starve the others. It breaks when the others are answered only
// after it (counterexample/stays-with-the-talker).
func talkers(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var d *din
	sc.Given(`^a client that never stops asking, whose requests arrive faster than they are answered$`, func(ctx context.Context) (err error) {
		if c, err = w.servedClient(ctx); err != nil {
			return err
		}
		d, err = c.startDin()
		return err
	})
	sc.When(`^another one asks (\d+) times, each time when it has its answer$`, func(times int) error {
		defer d.end()
		if err := c.grow(1); err != nil {
			return owed("an open door", err)
		}
		return owed("answers beside a talker", d.askAmid(c.clients[1], times))
	})
	sc.Then(`^it is answered each time while the other one goes on$`, func() error {
		w.Note("%d of %d answers came while the talker went on and got %.1f MiB of answers", d.amid, d.asked, float64(d.heard)/(1<<20))
		if d.amid < d.asked {
			return check.Failf("an answer for others while one goes on talking",
				"%d of %d requests were answered, and the talker got %d MiB of answers meanwhile", d.amid, d.asked, d.heard>>20)
		}
		return nil
	})
}

// A din is what one client makes that asks on and on. One thread sends, another one reads, so that the server never finds
// its requests at an end.
type din struct {
	crowd  *crowd
	talker *guest
	over   chan error // what ended the sending

	heard       int // bytes of answers to the talker, while others asked
	asked, amid int // requests of others, and how many of them were answered
}

// enough is how many bytes of answers the talker may get before the other one is taken to be starved: as many as a server
// reads in thousands of turns.
const enough = 128 << 20

func (c *crowd) startDin() (*din, error) {
	d := &din{crowd: c, talker: c.clients[0], over: make(chan error, 1)}
	c.asked++
	one := c.speaks.Request(c.asked)
	many := bytes.Repeat(one.Bytes, 64<<10/len(one.Bytes))
	go func() {
		for {
			if err := sendAll(d.talker.fd, many); err != nil {
				d.over <- err
				return
			}
		}
	}()
	// When as much is answered as is sent at a time, the sender is at work.
	return d, d.hear(len(many)/len(one.Bytes)*one.In, func() bool { return false })
}

// end ends the talk.
func (d *din) end() {
	_ = unix.Shutdown(d.talker.fd, unix.SHUT_RDWR) // ENOTCONN if the server has ended it
	<-d.over
}

// askAmid lets another client ask while the talk goes on.
func (d *din) askAmid(other *guest, times int) error {
	d.heard = 0
	for d.asked = 0; d.asked < times; {
		d.asked++
		if err := d.crowd.send(other); err != nil {
			return err
		}
		answered := false
		err := d.hear(enough-d.heard, func() bool {
			n, err := sock.Poll(sock.PollSet(unix.POLLIN, other.fd), 0)
			answered = err == nil && n > 0
			return answered
		})
		if err != nil || !answered {
			return err
		}
		if err := other.receive(); err != nil {
			return err
		}
		d.amid++
	}
	return nil
}

// hear reads that many bytes of the talker's answers, or until the condition holds, which it looks at in between: so what
// is seen then came before what is read after.
func (d *din) hear(bytes int, until func() bool) error {
	room := make([]byte, 64<<10)
	set := sock.PollSet(unix.POLLIN, d.talker.fd)
	watch := vigil{server: d.crowd.server}
	for last := time.Now(); bytes > 0 && !until(); {
		ready, err := sock.Poll(set, betweenLooks)
		if err != nil {
			return err
		}
		if ready == 0 {
			if inVain, err := watch.inVain(); err != nil || inVain || time.Since(last) > await.Patience {
				return fmt.Errorf("%w: nothing came for the talker (%w)", errSilent, err)
			}
			continue
		}
		n, err := unix.Read(d.talker.fd, room)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return fmt.Errorf("%w: in the midst of the talk: %w", errGone, os.NewSyscallError("read", err))
		}
		bytes, d.heard, last, watch.score = bytes-n, d.heard+n, time.Now(), 0
	}
	return nil
}
