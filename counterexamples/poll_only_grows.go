//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var pollOnlyGrows = Server{
	Name:    "counterexample/poll-only-grows",
	Traits:  []string{"single-reactor", "poll", "level"},
	Breaks:  []string{"poll.copies"},
	Mistake: "the entries of closed connections stay in its array",
	Load:    "connections that come and go",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) { return new(onlyGrows), nil }, unspoilt)
	},
}

type onlyGrows struct{ pollSet }

func (s *onlyGrows) forget(fd int) {
	// The mistake: poll ignores negative descriptors, so closing is marked with one, and the entry is never used again.
	// Every call copies and scans all connections there ever were, until the array is longer than the descriptor limit
	// and poll refuses it (EINVAL).
	s.fds[s.at(fd)].Fd = -1
}
