//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var levelIsEdge = Server{
	Name:    "counterexample/level-is-edge",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"trigger.level-may-read-once"},
	Mistake: "it reads once per report, as a level-triggered server may, but registers with EPOLLET",
	Load:    "a request longer than 64 bytes",
	Serve: func(ctx context.Context, cfg server.Config) error {
		cfg.ReadSize = smallBuffer
		// The mistake: EPOLLET was copied from an example, because it is said to be faster, and the code that serves the
		// connection stayed what it was. What does not fit into the buffer is not reported again, until more comes.
		return serve(ctx, cfg, edgeEpoll, readOnce)
	},
}

// readOnce makes a loop read once per report, whether it was all or not. Only when the client has ended does it read on
// to the end, so that the connection can be closed.
func readOnce(l *loop) {
	l.readReady = func(c *server.Conn) {
		for l.receive(c, l.desk) {
			l.settle(c, c.Answer(l.desk))
			if !c.Ended || c.Want != server.Readable {
				return
			}
		}
	}
}
