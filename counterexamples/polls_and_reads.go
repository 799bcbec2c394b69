//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/uring"
)

var pollsAndReads = Server{
	Name:   "counterexample/polls-and-reads",
	Traits: []string{"proactor", "io_uring"},
	Breaks: []string{
		"proactor.is-async", "proactor.buffer-given-first", "proactor.kernel-moves-data", "proactor.both-dispatch-events-done",
		"proactor.initiator", "proactor.operation-processor", "proactor.calls-handler",
	},
	Mistake: "it asks io_uring when a client is ready, and then accepts, reads and writes itself",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return initiate(ctx, cfg, completes(func(o *onRing) {
			// The mistake: io_uring takes the place of epoll in a loop that stays what it was, and is then called a
			// Proactor, since its name stands for one. It saves the call that registers, and no other.
			o.start = func(op operation, fd int) { o.ring.Poll(fd, readiness(op), tagOf(op, fd)) }
			o.finish = func(op operation, fd int, _ uring.Completion) {
				if d := doNow(op, fd, o.data(op, fd)); d.err != unix.EAGAIN {
					o.ready = append(o.ready, d)
				} else {
					o.start(op, fd)
				}
			}
		}))
	},
}
