//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var triesEveryone = Server{
	Name:    "counterexample/tries-everyone",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"mux.kernel-reports-ready"},
	Mistake: "whenever it wakes up, it tries to read every connection, whichever were reported",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			l.handle = func(ready []*server.Conn) {
				for _, c := range ready {
					if c.Want == server.Writable {
						l.writeReady(c)
					}
				}
				// The mistake: the wait is used as an alarm clock. What it reports is not looked at, and every connection
				// is asked whether it has something, for which nearly all say EAGAIN. People come to it from a loop over
				// non-blocking sockets that burnt CPU, to which they then added a wait.
				for c := range l.conns.Idle() {
					l.readReady(c)
				}
			}
		})
	},
}
