//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var carelessPool = Server{
	Name:    "counterexample/careless-pool",
	Traits:  []string{"thread-pool"},
	Breaks:  []string{"pool.queue-locked"},
	Mistake: "the threads of a pool take connections from a queue that is locked only while it is short",
	Load:    "more than a hundred connections that wait, and threads that come for them at the same time",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveBlocking(ctx, cfg, func(h *hall) {
			queue := newCareless[int]()
			for range 16 {
				h.thread(func(clerk *server.Clerk) {
					for fd := queue.take(); fd != nil; fd = queue.take() {
						h.serve(clerk, *fd)
					}
				})
			}
			h.give = func(fd int) { queue.put(&fd) }
			h.end = queue.end
		})
	},
}
