//go:build linux

package counterexamples

import (
	"context"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var twoAtOnce = Server{
	Name:   "counterexample/two-at-once",
	Traits: []string{"single-reactor", "epoll", "level"},
	Breaks: []string{
		"mux.time-sharing", "mux.one-at-a-time", "pattern.four-combinations", "single.acceptor-and-handler", "single.read-work-send",
		"single.process-or-thread", "single.three-objects", "single.no-ipc-no-locks", "single.one-core",
	},
	Mistake: "a second thread handles half of what is ready, at the same time as the first, in what is called a single reactor",
	Load:    "several clients whose requests are there at the same time",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			shares, done := make(chan *share), make(chan struct{})
			go func() {
				runtime.LockOSThread()
				desk := server.NewDesk(l.door)
				for s := range shares {
					s.work(desk)
					done <- struct{}{}
				}
			}()
			l.end = func() { close(shares) }
			l.handle = func(ready []*server.Conn) {
				// The mistake: the loop waits for the slower of two threads, so it looks like one loop, and people go on
				// writing handlers as if one request were handled at any moment. Two are, and what handlers share is
				// not locked.
				mine, his := split(ready)
				if len(his.conns) > 0 {
					meet := make(chan struct{})
					mine.met, his.met = func() { meet <- struct{}{} }, func() { <-meet }
					shares <- his
				}
				mine.work(l.desk)
				if len(his.conns) > 0 {
					<-done
				}
				mine.settle(l)
				his.settle(l)
			}
		})
	},
}

// A share is what one thread handles of what a wait reported. It touches nothing that the threads share.
type share struct {
	conns []*server.Conn
	wants []server.Want
	met   func() // after the first read, so that the two overlap every time and not only often
}

// split deals the ready connections out to two threads, to the second only what it can read.
func split(ready []*server.Conn) (mine, his *share) {
	mine, his = &share{met: func() {}}, &share{met: func() {}}
	readable := 0
	for _, c := range ready {
		to := mine
		if c.Want == server.Readable {
			if readable++; readable%2 == 0 {
				to = his
			}
		}
		to.conns = append(to.conns, c)
	}
	return mine, his
}

func (s *share) work(desk *server.Desk) {
	read := false
	for _, c := range s.conns {
		if c.Want != server.Readable {
			s.wants = append(s.wants, c.Resume(desk))
			continue
		}
		n, err := c.Receive(desk)
		if !read {
			read = true
			s.met()
		}
		switch {
		case err == unix.EAGAIN:
			s.wants = append(s.wants, server.Readable)
		case err != 0 || n == 0:
			s.wants = append(s.wants, server.Gone)
		default:
			s.wants = append(s.wants, c.Answer(desk))
		}
	}
}

func (s *share) settle(l *loop) {
	for i, c := range s.conns {
		l.settle(c, s.wants[i])
	}
}
