//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var dropsTheRest = Server{
	Name:    "counterexample/level-drops-the-rest",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"trigger.level-may-read-once"},
	Mistake: "it reads once, with a small buffer, and throws away what did not fit",
	Load:    "a request longer than 64 bytes",
	Serve: func(ctx context.Context, cfg server.Config) error {
		cfg.ReadSize = smallBuffer
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			trash := make([]byte, server.BufferSize)
			l.readReady = func(c *server.Conn) {
				if !l.receive(c, l.desk) {
					return
				}
				// The mistake: one read is taken for one message, and what is left for rubbish, of which the socket is
				// cleaned so that the wait does not report it again. In level mode that report is what makes it right to
				// read once.
				for n := 1; n > 0 && !l.desk.Short(); {
					n, _, _ = unix.Recvfrom(int(c.FD), trash, 0)
				}
				l.settle(c, c.Answer(l.desk))
			}
		})
	},
}

// smallBuffer is the size of a read, in bytes, of the servers whose mistake shows when it does not take all there is.
const smallBuffer = 64
