//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var tableOf1000 = Server{
	Name:    "counterexample/table-of-1000",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"epoll.c10k"},
	Mistake: "its table of clients has a thousand places, and who comes when it is full is turned away",
	Load:    "more than a thousand clients at once",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			l.welcome = func(fd int) {
				// The mistake: #define MAX_CLIENTS 1000. It is enough on the day it is written, and it hides in the one
				// place where nobody looks for a limit, when the demultiplexer has none.
				if l.conns.Len() == 1000 {
					server.CloseFD(fd)
					return
				}
				l.add(fd)
			}
		})
	},
}
