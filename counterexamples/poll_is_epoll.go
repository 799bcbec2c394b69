//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var pollIsEpoll = Server{
	Name:    "counterexample/poll-is-epoll",
	Traits:  []string{"single-reactor", "poll", "level"},
	Breaks:  []string{"poll.copies"},
	Mistake: "it is declared as a poll server and waits with epoll",
	Serve: func(ctx context.Context, cfg server.Config) error {
		// The mistake: somebody replaced poll by epoll, behind an interface that hides it, and nobody changed what the
		// server is said to be (or the framework's name for its default became a lie on this system).
		return serve(ctx, cfg, levelEpoll, unspoilt)
	},
}
