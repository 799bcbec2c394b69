//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var forgetsShortWrites = Server{
	Name:    "counterexample/forgets-short-writes",
	Traits:  []string{"every-server"},
	Breaks:  []string{"server.delivers-big-replies"},
	Mistake: "it does not look at how many bytes a write took, so that what did not fit into the send buffer is lost",
	Load:    "a reply bigger than the send buffer to a client that reads late",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			inHand(l, cfg, func(h *byHand, c *server.Conn, t *correspondence) {
				if h.read(c, t) {
					h.hangUp(c)
					return
				}
				for done := false; !done; {
					done = h.work(t, server.BufferSize)
					// The mistake: on a blocking socket, or with a short reply, a write takes all. Here it takes what fits, and
					// in the end says EAGAIN. Nobody notices before a client reads more slowly than the server writes.
					_, _ = h.send(c, t)
					t.out = t.out[:0]
				}
				if t.over {
					h.hangUp(c)
				}
			})
		})
	},
}
