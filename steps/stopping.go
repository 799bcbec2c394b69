//go:build linux

package steps

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/subject/protocol"
)

// stopping: a server ends in order. It breaks when it goes on as long as clients are there
// (counterexample/waits-for-everyone), and when it drops what it has not sent (counterexample/drops-replies).
func stopping(sc *godog.ScenarioContext, w *World) {
	s := &stop{w: w}
	sc.Given(`^(\d+) clients that the server serves$`, func(ctx context.Context, n int) error {
		serve := inOrder(func() error { return s.invite(ctx) }, func() error { return s.grow(n) }, func() error { return s.inTurn(s.clients) })
		return owed("answers before the word to stop", serve)
	})
	sc.Given(`^a client that has not read more than the first byte of a reply that the buffers cannot hold$`, func(ctx context.Context) error {
		return inOrder(func() error { return s.invite(ctx) }, s.askForMuch)
	})
	sc.When(`^it is told to stop$`, func(ctx context.Context) error {
		s.over = make(chan struct{})
		go func() {
			defer close(s.over)
			s.stopped, s.err = s.server.Stop(ctx)
		}()
		return nil
	})
	sc.Then(`^soon nobody listens, and a new client is refused$`, s.refuses)
	sc.Then(`^all its processes end by themselves$`, func() error {
		<-s.over
		if s.err != nil {
			return s.err
		}
		w.Note("%v after the word to stop", s.stopped.Status)
		if s.stopped.Killed || s.stopped.Left > 0 {
			return check.Failf("no process of the server after SIGTERM and some time", "killed: %v; other processes that had to be killed: %d", s.stopped.Killed, s.stopped.Left)
		}
		return nil
	})
	sc.Then(`^another server can listen on the port at once$`, func() error {
		if err := s.listenAgain(); err != nil {
			return check.Failf("a free port for the next server", "%v", err)
		}
		return nil
	})
	sc.Then(`^the client gets the whole reply$`, func() error {
		size, err := s.clients[0].pending.In, s.clients[0].receive()
		switch {
		case errors.Is(err, protocol.ErrEnded):
			return endsEarly()
		case err != nil && size == 0:
			return check.Failf("all of a reply that was in flight", "%v", err)
		case err != nil:
			return check.Failf(fmt.Sprintf("all %d bytes of a reply that was in flight", size), "%v", err)
		case size > 0:
			w.Note("%d bytes of reply", size)
		}
		return nil
	})
}

// stop is a server that is told to stop, and what came of it.
type stop struct {
	*crowd
	w       *World
	over    chan struct{} // closed when the server has ended; then the rest is known
	stopped subject.Stopped
	err     error
}

func (s *stop) invite(ctx context.Context) (err error) {
	if s.crowd, err = s.w.invite(ctx); err == nil {
		s.watched = enoughLooks
	}
	return err
}

const (
	muchReply   = 5 << 20   // more than the kernel buffers: see subject.StandardLoad
	muchRequest = 128 << 10 // what a server takes in at once, where the reply is the request
)

// askForMuch has a client ask for a reply of which it reads nothing yet.
func (s *stop) askForMuch() error {
	if err := s.grow(1); err != nil {
		return err
	}
	return s.beginReply(s.clients[0], muchReply)
}

// beginReply asks for a reply of that size, and lets it begin.
func (c *crowd) beginReply(g *guest, size int) error {
	c.asked++
	big := c.speaks.Reply(c.asked, size)
	if len(big.Request.Bytes) > muchRequest {
		big = c.speaks.Reply(c.asked, muchRequest)
	}
	for _, r := range big.Before {
		if err := g.demand(r); err != nil {
			return err
		}
	}
	g.answers = bufio.NewReaderSize(c.reader(g.fd), 64<<10)
	if err := g.request(big.Request); err != nil {
		return err
	}
	return await.Until("the reply to begin", func() (bool, error) {
		n, err := sock.Poll(sock.PollSet(unix.POLLIN, g.fd), time.Millisecond)
		return n > 0, err
	})
}

// refuses waits until the server has no listener any more, or was killed for not having ended, and then tries to come in.
func (s *stop) refuses() error {
	err := await.Until("the listener to be closed", func() (bool, error) {
		listeners, err := proc.Find(proc.Query{States: []proc.TCPState{proc.Listen}, Port: uint16(s.to.Port)})
		return len(listeners) == 0, err
	})
	if err != nil {
		return check.Failf("a listener that is closed", "%v", err)
	}
	select {
	case <-s.over:
		if s.stopped.Killed || s.stopped.Left > 0 {
			return check.Failf("a listener that is closed on SIGTERM", "it was open until the server was killed")
		}
	default:
	}
	fd, err := sock.Dial(s.to)
	sock.Close(fd)
	if !errors.Is(err, unix.ECONNREFUSED) {
		return check.Failf("a new client that is refused", "%v", err)
	}
	return nil
}

// listenAgain does what the next server does first.
func (s *stop) listenAgain() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	defer sock.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("setsockopt SO_REUSEADDR: %w", err)
	}
	_, err = sock.ListenOn(fd, *s.to, 1)
	return err
}
