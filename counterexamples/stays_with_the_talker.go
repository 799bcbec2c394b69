//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var staysWithTheTalker = Server{
	Name:    "counterexample/stays-with-the-talker",
	Traits:  []string{"every-server"},
	Breaks:  []string{"server.is-fair"},
	Mistake: "it serves a connection as long as it has something, before it looks at the next one",
	Load:    "a client whose requests come faster than they are answered",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			l.readReady = func(c *server.Conn) {
				// The mistake: "read until EAGAIN" has no bound of its own. With a client that sends without end, EAGAIN does
				// not come, and this loop has none either.
				for want := server.Readable; want == server.Readable && l.receive(c, l.desk); {
					for want = c.Answer(l.desk); want == server.Again; {
						want = c.Resume(l.desk)
					}
					l.settle(c, want)
				}
			}
		})
	},
}
