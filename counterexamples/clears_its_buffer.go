//go:build linux

package counterexamples

import (
	"bytes"
	"context"

	"github.com/iospec/iospec/impl/server"
)

var clearsItsBuffer = Server{
	Name:    "counterexample/clears-its-buffer",
	Traits:  []string{"every-server"},
	Breaks:  []string{"server.answers-in-order"},
	Mistake: "it takes one read for one request: when it has answered, it clears its buffer, with all that came behind",
	Load:    "two requests that arrive together",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			inHand(l, cfg, func(h *byHand, c *server.Conn, t *correspondence) {
				if h.read(c, t) {
					h.hangUp(c)
					return
				}
				end := bytes.IndexByte(t.in, '\n')
				if end < 0 {
					return
				}
				// The mistake: a client that waits for each answer never has more than one request on its way, and that is
				// how it was tested. TCP keeps no boundaries: what the client sent in two pieces may come in one read.
				t.in = t.in[:end+1]
				for done := false; !done; {
					done = h.work(t, server.BufferSize)
					if _, err := h.send(c, t); err != nil {
						break // it would have to wait; that is the mistake of another server
					}
					t.out = t.out[:0]
				}
				t.in, t.out = nil, nil
				if t.over {
					h.hangUp(c)
				}
			})
		})
	},
}
