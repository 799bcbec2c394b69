//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var reusesThreads = Server{
	Name:    "counterexample/reuses-threads",
	Traits:  []string{"thread-per-connection"},
	Breaks:  []string{"thread.per-connection"},
	Mistake: "a thread whose client has left serves another one, in what is said to make a thread for each",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveBlocking(ctx, cfg, func(h *hall) { growing(h, 0) })
	},
}

var poolGrows = Server{
	Name:    "counterexample/pool-grows",
	Traits:  []string{"thread-pool"},
	Breaks:  []string{"pool.created-ahead", "pool.takes-from-queue", "thread.ten-thousand-too-many"},
	Mistake: "a pool that makes one thread more for each client who finds none free, so that nobody ever waits",
	Load:    "more clients at once than the pool began with",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveBlocking(ctx, cfg, func(h *hall) { growing(h, 4) })
	},
}

// growing has connections served by threads that were free, and by new ones where none was. Some are made ahead.
func growing(h *hall, ahead int) {
	free := make(chan int)
	more := func(clerk *server.Clerk) {
		for fd := range free {
			h.serve(clerk, fd)
		}
	}
	for range ahead {
		h.thread(more)
	}
	h.give = func(fd int) {
		select {
		case free <- fd:
			// The mistake, where a thread per connection is claimed: threads are dear to make, so those that are there are
			// used again. It is a pool then, and what one connection leaves in a thread the next one finds.
		default:
			// The mistake, where a pool is claimed: nobody shall wait, so there is no bound. In a rush it is a server
			// with a thread per connection, and afterwards they all stay.
			h.thread(func(clerk *server.Clerk) {
				h.serve(clerk, fd)
				more(clerk)
			})
		}
	}
	h.end = func() { close(free) }
}
