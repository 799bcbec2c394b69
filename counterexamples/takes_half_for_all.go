//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var takesHalfForAll = Server{
	Name:    "counterexample/takes-half-for-all",
	Traits:  []string{"every-server"},
	Breaks:  []string{"server.honours-half-close"},
	Mistake: "when a client shuts down its sending side, it closes the connection, whatever it still owes",
	Load:    "a client that ends its sending side before it has all of its answers",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) { return makeEpoll(unix.EPOLLRDHUP) }, func(l *loop) {
			l.handle = func(ready []*server.Conn) {
				for _, c := range ready {
					// The mistake: EPOLLRDHUP is read as "the peer hung up". It says that the peer sends no more. What it has
					// sent lies unread, and the answers are owed all the same.
					if c.Ended {
						l.close(c)
						continue
					}
					l.turn(c)
				}
			}
		})
	},
}
