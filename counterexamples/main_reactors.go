//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// mainAndSubs is what the servers of this file claim to be.
var mainAndSubs = []string{"multi-reactor-threads", "epoll", "level", "accept-main"}

var mainAlsoServes = Server{
	Name:    "counterexample/main-also-serves",
	Traits:  mainAndSubs,
	Breaks:  []string{"multi.main-only-accepts", "multi.clear-division"},
	Mistake: "the main reactor keeps every third connection for itself",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveSubs(ctx, cfg, func(main *loop, subs []*sub) {
			give, n := main.welcome, 0
			main.welcome = func(fd int) {
				// The mistake: it has time left, so why not use it? While it serves it does not accept, and a new client
				// waits for somebody's request.
				if n++; n%3 == 0 {
					main.add(fd)
				} else {
					give(fd)
				}
			}
		})
	},
}

var mainRegisters = Server{
	Name:    "counterexample/main-registers",
	Traits:  mainAndSubs,
	Breaks:  []string{"multi.sub-registers"},
	Mistake: "the main reactor adds connections to the sub-reactors' sets",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveSubs(ctx, cfg, func(main *loop, subs []*sub) {
			for _, s := range subs {
				s.welcome = func(fd int) { s.conns.Add(fd) }
				s.set = &lateComers{s.set, s}
			}
			next := 0
			main.welcome = func(fd int) {
				// The mistake: epoll is safe for threads, so the sub-reactor need not be bothered. But the handler is the
				// sub-reactor's to make, and the first event may come before it is there (here the connection is in the
				// inbox by then).
				next++
				s := subs[next%len(subs)]
				s.inbox <- fd
				if err := s.set.watch(fd); err != nil {
					main.door.Logf("connection not watched: %v", err)
				}
			}
		})
	},
}

// lateComers is a set to which others add connections. It takes them from the inbox before it tells what happened to
// them.
type lateComers struct {
	set
	sub *sub
}

func (l *lateComers) wait() (ready []event, err error) {
	ready, err = l.set.wait()
	for fd, none := l.sub.take(); none == 0; fd, none = l.sub.take() {
		l.sub.welcome(fd)
	}
	return ready, err
}

var subTalksBack = Server{
	Name:    "counterexample/sub-talks-back",
	Traits:  mainAndSubs,
	Breaks:  []string{"multi.clear-division"},
	Mistake: "sub-reactors tell the main one of each connection that they have got",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveSubs(ctx, cfg, func(main *loop, subs []*sub) {
			bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
			if err != nil {
				main.door.Logf("no way back: %v", err)
				return
			}
			for _, s := range subs {
				s.welcome = func(fd int) {
					// The mistake: the main reactor is to know how busy each of them is. Now every connection costs two
					// messages, and what it knows is out of date when it uses it.
					ring(bell)
					s.add(fd)
				}
			}
			accept := main.accept
			main.accept = func() (int, unix.Errno) {
				_, _ = unix.Read(bell, make([]byte, 8))
				return accept()
			}
			main.end = func() { server.CloseFD(bell) }
		})
	},
}
