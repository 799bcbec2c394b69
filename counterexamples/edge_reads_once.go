//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var edgeReadsOnce = Server{
	Name:    "counterexample/edge-reads-once",
	Traits:  []string{"single-reactor", "epoll", "edge"},
	Breaks:  []string{"trigger.edge-must-drain"},
	Mistake: "it is edge-triggered and reads once per report, so that it stalls on what does not fit into its buffer",
	Load:    "a request longer than 64 bytes",
	Serve: func(ctx context.Context, cfg server.Config) error {
		cfg.ReadSize = smallBuffer
		// The mistake: the buffer is always large enough, in the tests. A request that does not fit leaves the rest unread,
		// and its client waits for an answer, while the server waits for a change.
		return serve(ctx, cfg, edgeEpoll, readOnce)
	},
}
