//go:build linux

package steps

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject/protocol"
)

// talkers: a client that never stops talking does not starve the others. It breaks when the others are answered only
// after it (counterexample/stays-with-the-talker).
func talkers(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var d *din
	sc.Given(`^a client that never stops asking, and whose requests pile up$`, func(ctx context.Context) (err error) {
		if c, err = w.servedClient(ctx); err != nil {
			return err
		}
		d, err = c.startDin()
		return owed("an answer for the talker", err)
	})
	sc.When(`^another one asks (\d+) times, each time when it has its answer$`, func(times int) error {
		defer d.end()
		if err := c.grow(1); err != nil {
			return owed("an open door", err)
		}
		return owed("answers beside a talker", d.askAmid(c.clients[1], times))
	})
	sc.Then(`^most of its answers come before the server has worked off what the talker had sent by then$`, func() error {
		w.Note("%d of %d answers came before the talker's backlog was worked off; %.1f MiB of answers to the talker came meanwhile", d.asked-d.starved, d.asked, float64(d.heard)/(1<<20))
		if 2*d.starved > d.asked {
			return check.Failf("answers for others while one goes on talking",
				"%d of %d answers came only when half of what the talker had sent before was worked off, some MiB of it", d.starved, d.asked)
		}
		return nil
	})
}

// A din is what one client makes that asks on and on. One thread sends, another one reads, so that the server never finds
// its requests at an end.
type din struct {
	crowd  *crowd
	talker *guest
	one    protocol.Request // what it asks again and again
	over   chan error       // what ended the sending
	room   []byte           // for what is heard

	last    []byte // of what was heard: enough for the head of an answer
	heard   int    // bytes of answers to the talker, while others asked
	asked   int    // requests of others
	starved int    // those that were answered late
}

// backlog is how many bytes of the talker's requests lie in the kernel when another one asks, or more: as many as a server
// reads in tens of turns.
const backlog = 2 << 20

// earful is how much is read at a time. Who listens must be faster than the server is at answering: a server that finds its answers
// stuck turns to the others, and would be taken for a fair one.
const earful = 256 << 10

func (c *crowd) startDin() (*din, error) {
	c.asked++
	d := &din{crowd: c, talker: c.clients[0], one: c.speaks.Request(c.asked), over: make(chan error, 1), room: make([]byte, earful)}
	if d.one.In == 0 { // it is the server's affair
		var err error
		if d.one.In, err = d.talker.measure(d.one); err != nil {
			return nil, err
		}
	}
	many := bytes.Repeat(d.one.Bytes, 64<<10/len(d.one.Bytes))
	go func() {
		for {
			if err := sendAll(d.talker.fd, many); err != nil {
				d.over <- err
				return
			}
		}
	}()
	return d, nil
}

// measure gives how many bytes answer a request.
func (g *guest) measure(r protocol.Request) (bytes int, err error) {
	var came counter
	answers := bufio.NewReader(io.TeeReader(blockingReader(g.fd), &came))
	if err := sendAll(g.fd, r.Bytes); err != nil {
		return 0, err
	}
	if err := r.Answer(answers); err != nil && !errors.Is(err, protocol.ErrLast) {
		return 0, gone(err)
	}
	return int(came) - answers.Buffered(), nil
}

// A counter counts what is written to it.
type counter int

func (n *counter) Write(b []byte) (int, error) { *n += counter(len(b)); return len(b), nil }

// end ends the talk.
func (d *din) end() {
	_ = unix.Shutdown(d.talker.fd, unix.SHUT_RDWR) // ENOTCONN if the server has ended it
	<-d.over
}

// askAmid lets another client ask while the talk goes on.
func (d *din) askAmid(other *guest, times int) error {
	for d.asked = 0; d.asked < times && 2*d.starved <= times; d.asked++ {
		ahead, unread, err := d.amidst()
		if err != nil {
			return err
		}
		if err := d.crowd.send(other); err != nil {
			return err
		}
		late, err := d.outrun(other, ahead, unread)
		if err != nil {
			return err
		}
		if late {
			d.starved++
		}
		if err := other.receive(); err != nil { // nobody listens to the talker now, so that even this server gets away from it
			return err
		}
	}
	return nil
}

// outrun listens to the talker until the other one's answer is there, or the server has worked off half of what was ahead
// of the question, which is late. What it had sent to the talker before was no work that it did first.
func (d *din) outrun(other *guest, ahead, unread int) (late bool, err error) {
	answered := false
	for before := d.heard; !answered && !late; {
		err := d.hear(1, func() bool {
			n, err := sock.Poll(sock.PollSet(unix.POLLIN, other.fd), 0)
			answered = err == nil && n > 0
			return answered
		})
		if err != nil {
			return false, err
		}
		late = (d.heard-before-unread)/d.one.In*len(d.one.Bytes) > ahead/2
	}
	return late, nil
}

// amidst brings the server into the midst of the talk. It stops listening until the talker's requests pile up, and goes on
// until the server must be at work on them. It gives how many bytes of requests are ahead of whoever asks now, and how many
// bytes of answers are on their way that nobody has read.
func (d *din) amidst() (ahead, unread int, err error) {
	err = await.Until("requests to pile up", func() (bool, error) {
		ahead, unread, err = d.queues()
		return ahead >= backlog, err
	})
	if err == nil {
		err = d.hear(unread+256<<10, func() bool { return false })
	}
	if err == nil {
		ahead, unread, err = d.queues()
	}
	return ahead, unread, err
}

// queues gives the bytes that lie in the kernel: of the talker's requests, and of the answers to it.
func (d *din) queues() (requests, answers int, err error) {
	mine, theirs, known, err := d.crowd.ends(d.talker)
	if err == nil && !known {
		err = fmt.Errorf("%w: in the midst of the talk", errGone)
	}
	return int(mine.SendQueue) + int(theirs.RecvQueue), int(mine.RecvQueue) + int(theirs.SendQueue), err
}

// headLength is how long the head of an answer may be, and more.
const headLength = 4 << 10

// hear reads that many bytes of the talker's answers, or until the condition holds, which it looks at before it reads: so
// what is heard came before.
func (d *din) hear(bytes int, until func() bool) error {
	set := sock.PollSet(unix.POLLIN, d.talker.fd)
	watch := vigil{server: d.crowd.server}
	for last := time.Now(); bytes > 0 && !until(); {
		ready, err := sock.Poll(set, betweenLooks)
		if err != nil {
			return err
		}
		if ready == 0 {
			if inVain, err := watch.inVain(); err != nil || inVain || time.Since(last) > await.Patience {
				return errors.Join(err, fmt.Errorf("%w: nothing came for the talker", errSilent))
			}
			continue
		}
		n, err := unix.Read(d.talker.fd, d.room)
		if err == unix.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = io.EOF
		}
		if err != nil && d.crowd.mayEnd() && (protocol.HTTP{}).EndAnnounced(d.last) {
			return protocol.ErrEnded
		}
		if err != nil {
			return fmt.Errorf("%w: in the midst of the talk: %w", errGone, err)
		}
		bytes, d.heard, last, watch.score = bytes-n, d.heard+n, time.Now(), 0
		d.last = append(d.last, d.room[max(0, n-headLength):n]...)
		d.last = slices.Delete(d.last, 0, max(0, len(d.last)-headLength))
	}
	return nil
}
