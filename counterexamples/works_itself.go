//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var worksItself = Server{
	Name:    "counterexample/works-itself",
	Traits:  []string{"single-reactor-threads", "epoll", "level"},
	Breaks:  []string{"pattern.four-combinations", "single.slow-handler-stalls", "workers.uses-cores", "workers.worker-computes"},
	Mistake: "the reactor does the work itself, in what is called a reactor with workers",
	Serve: func(ctx context.Context, cfg server.Config) error {
		// The mistake: the work was short when it was written, so it was not worth a hand-over; then it grew, and the
		// workers that were to have it were never given any.
		return serve(ctx, cfg, levelEpoll, unspoilt)
	},
}
