//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var takesANap = Server{
	Name:    "counterexample/takes-a-nap",
	Traits:  []string{"single-reactor", "epoll", "level", "every-server"},
	Breaks:  []string{"server.reactor-never-blocks"},
	Mistake: "the reactor sleeps 2 ms after each new client, so that a flood of them does not keep the old ones waiting",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			add := l.welcome
			l.welcome = func(fd int) {
				// The mistake: it was to slow down whoever comes, and slows down everybody, since there is no other
				// thread. To take fewer clients in one turn does what was wanted.
				add(fd)
				_ = unix.Nanosleep(&unix.Timespec{Nsec: 2e6}, nil)
			}
		})
	},
}
