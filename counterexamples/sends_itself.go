//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/uring"
)

var sendsItself = Server{
	Name:    "counterexample/sends-itself",
	Traits:  []string{"proactor", "io_uring"},
	Breaks:  []string{"proactor.is-async", "proactor.kernel-moves-data", "proactor.operation-processor", "proactor.calls-handler"},
	Mistake: "accepts and receives are operations, but answers it sends by a call of its own",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return initiate(ctx, cfg, completes(func(o *onRing) {
			// The mistake: the answer is there and the client waits, so why start an operation and come back for it? It is
			// a call for each answer, where one call could start them all; and for the client who does not read, one needs
			// readiness after all.
			try := func(op operation, fd int) {
				if d := doNow(op, fd, o.data(op, fd)); d.err != unix.EAGAIN {
					o.ready = append(o.ready, d)
				} else {
					o.ring.Poll(fd, readiness(op), tagOf(op, fd))
				}
			}
			o.start = func(op operation, fd int) {
				if op == sent {
					try(op, fd)
				} else {
					o.submit(op, fd)
				}
			}
			o.finish = func(op operation, fd int, c uring.Completion) {
				if op == sent {
					try(op, fd)
				} else {
					o.tell(op, fd, c)
				}
			}
		}))
	},
}
