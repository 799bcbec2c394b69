//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var helperForEach = Server{
	Name:    "counterexample/helper-for-each",
	Traits:  []string{"emulated-proactor"},
	Breaks:  []string{"proactor.operation-processor"},
	Mistake: "each connection has a helper of its own, who does all its operations",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return initiate(ctx, cfg, emulates(func(h *helpers) {
			// The mistake: with a helper for each connection no client ever waits for a helper, and the limit is gone. It
			// is a thread per connection, each with a detour by the proactor's thread for every message.
			own := map[int]chan task{}
			h.leave = func(t task) {
				if own[t.fd] == nil {
					own[t.fd] = make(chan task, 1)
					h.help(own[t.fd])
				}
				own[t.fd] <- t
			}
			h.gone = func(fd int) {
				if own[fd] != nil {
					close(own[fd])
					delete(own, fd)
				}
			}
			h.end = func() {
				for fd := range own {
					h.gone(fd)
				}
			}
		}))
	},
}
