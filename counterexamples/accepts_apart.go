//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var acceptsApart = Server{
	Name:    "counterexample/accepts-apart",
	Traits:  []string{"single-reactor-threads", "epoll", "level"},
	Breaks:  []string{"pattern.four-combinations", "workers.same-dispatch"},
	Mistake: "a thread of its own accepts, in what is called one reactor with workers",
	Serve: func(ctx context.Context, cfg server.Config) error {
		// The mistake: accepting was slow, when there was one connection for each request, and so it was given a thread.
		// Now there are two who wait, and a hand-over between them for each connection.
		return serve(ctx, cfg, levelEpoll, withSubs(1, func(_ *loop, subs []*sub) { delegate(subs[0].loop) }))
	},
}

var threadsForProcesses = Server{
	Name:    "counterexample/threads-for-processes",
	Traits:  []string{"single-reactor-processes", "epoll", "level"},
	Breaks:  []string{"pattern.four-combinations", "workers.processes-are-awkward", "workers.processes-unused"},
	Mistake: "the workers are threads, in what is said to have worker processes",
	Serve: func(ctx context.Context, cfg server.Config) error {
		// The mistake: processes were asked for so that a worker that crashes takes no other client with it. Threads were
		// easier, and look the same from outside, until one crashes.
		return serve(ctx, cfg, levelEpoll, delegate)
	},
}
