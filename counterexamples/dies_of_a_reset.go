//go:build linux

package counterexamples

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var diesOfAReset = Server{
	Name:    "counterexample/dies-of-a-reset",
	Traits:  []string{"every-server"},
	Breaks:  []string{"server.survives-reset"},
	Mistake: "an error of one connection's write is an error of the server, which ends with it",
	Load:    "a client that resets its connection before it has its answer",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) {
			epoll, err := levelEpoll()
			return &mortal{set: epoll}, err
		}, func(l *loop) {
			inHand(l, cfg, func(h *byHand, c *server.Conn, t *correspondence) {
				if c.Want == server.Readable && h.read(c, t) {
					h.hangUp(c)
					return
				}
				for done := false; !done; {
					done = h.work(t, server.BufferSize)
					n, err := h.send(c, t)
					t.out = t.out[n:]
					if err != nil && err != unix.EAGAIN {
						// The mistake: "if (write(…) < 0) { perror("write"); exit(1); }", as the examples have it. A client that
						// goes without a word switches the server off for all the others. The same comes of saying nothing
						// about SIGPIPE.
						l.set.(*mortal).died = fmt.Errorf("the server ends: %w", os.NewSyscallError("sendmsg", err))
						return
					}
					if len(t.out) > 0 {
						l.change(c, server.Writable)
						return
					}
				}
				l.change(c, server.Readable)
				if t.over {
					h.hangUp(c)
				}
			})
		})
	},
}

// mortal is a set whose next wait fails when the server has given up.
type mortal struct {
	set
	died error
}

func (m *mortal) wait() ([]event, error) {
	if m.died != nil {
		return nil, m.died
	}
	return m.set.wait()
}
