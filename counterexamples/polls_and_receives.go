//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/uring"
)

var pollsAndReceives = Server{
	Name:    "counterexample/polls-and-receives",
	Traits:  []string{"proactor", "io_uring"},
	Breaks:  []string{"proactor.is-async", "proactor.buffer-given-first", "proactor.initiator"},
	Mistake: "it asks io_uring when something can be done, and only then starts the operation that does it",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return initiate(ctx, cfg, completes(func(o *onRing) {
			// The mistake: a receive keeps a buffer for each idle connection, so it is started when there is something to
			// receive. That saves the memory, at the price of twice the operations, and of what a Proactor is. (A ring
			// of buffers that all connections share saves it too.)
			const asked = 1 << 7 // of an operation: it is the question
			o.start = func(op operation, fd int) { o.ring.Poll(fd, readiness(op), tagOf(op|asked, fd)) }
			o.finish = func(op operation, fd int, c uring.Completion) {
				if op&asked != 0 {
					o.submit(op&^asked, fd)
				} else {
					o.tell(op, fd, c)
				}
			}
		}))
	},
}
