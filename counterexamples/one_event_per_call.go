//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var oneEventPerCall = Server{
	Name:    "counterexample/one-event-per-call",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"mux.many-events-one-call"},
	Mistake: "it asks the kernel for one event at a time",
	Load:    "several clients whose requests are there at the same time",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) {
			epoll, err := makeEpoll(0)
			if err != nil {
				return nil, err
			}
			// The mistake: a single struct epoll_event and maxevents 1, as in many a first example. It works, but where
			// a hundred connections are ready, it makes a hundred calls instead of one.
			epoll.events = epoll.events[:1]
			return epoll, nil
		}, unspoilt)
	},
}
