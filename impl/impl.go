// Package impl is the catalogue of the reference servers: one for each architecture that the specification speaks of,
// each meant to be read, and each sound enough to be used.
//
// The servers import nothing that observes them. They are started as commands, as foreign servers are, so what a check
// says about them rests on what they do.
package impl

import (
	"context"
	"slices"

	"github.com/iospec/iospec/impl/epoll"
	"github.com/iospec/iospec/impl/reactor"
	"github.com/iospec/iospec/impl/selectpoll"
	"github.com/iospec/iospec/impl/server"
)

// A Server is one reference server.
type Server struct {
	Name    string   // as in "iospec serve NAME"
	Traits  []string // what it claims, in the words of --as
	Summary string   // one line

	// Serve serves until ctx is cancelled or the process gets SIGTERM or SIGINT, and then ends in order: no new
	// clients, an answer to every request that has come, within server.Grace. It returns an error if it cannot
	// start or cannot go on.
	Serve func(ctx context.Context, cfg server.Config) error
}

// Servers lists the reference servers in the order in which the text introduces their architectures.
var Servers = []Server{
	{
		Name:    "selectpoll/select",
		Traits:  []string{"single-reactor", "select", "level", "every-server"},
		Summary: "one thread waits with select, for at most 1024 descriptors, and serves what is ready",
		Serve:   selectpoll.ServeSelect,
	},
	{
		Name:    "selectpoll/poll",
		Traits:  []string{"single-reactor", "poll", "level", "every-server"},
		Summary: "one thread waits with poll, for any number of descriptors, and serves what is ready",
		Serve:   selectpoll.ServePoll,
	},
	{
		Name:    "epoll/level",
		Traits:  []string{"single-reactor", "epoll", "level", "every-server"},
		Summary: "one thread waits with epoll, level-triggered: told of a descriptor as long as it is ready",
		Serve:   epoll.ServeLevel,
	},
	{
		Name:    "epoll/edge",
		Traits:  []string{"single-reactor", "epoll", "edge", "every-server"},
		Summary: "one thread waits with epoll, edge-triggered: told of each change once, so it drains what it is told of",
		Serve:   epoll.ServeEdge,
	},
	{
		Name:    "reactor/single",
		Traits:  []string{"single-reactor", "epoll", "level", "every-server"},
		Summary: "a Reactor waits and dispatches, an Acceptor takes connections, a Handler reads, works and sends: in one thread",
		Serve:   reactor.ServeSingle,
	},
	{
		Name:    "reactor/single-threads",
		Traits:  []string{"single-reactor-threads", "epoll", "level", "every-server"},
		Summary: "one reactor accepts, reads and sends; worker threads do the work in between",
		Serve:   reactor.ServeSingleThreads,
	},
	{
		Name:    "reactor/multi-single",
		Traits:  []string{"multi-reactor-single", "epoll", "level", "every-server"},
		Summary: "several reactors in one thread, for what that is worth",
		Serve:   reactor.ServeMultiSingle,
	},
	{
		Name:    "reactor/multi-threads",
		Traits:  []string{"multi-reactor-threads", "epoll", "level", "accept-main", "every-server"},
		Summary: "a main reactor accepts, sub-reactors serve, each in a thread of its own",
		Serve:   reactor.ServeMultiThreads,
	},
}

// Find returns the reference server of that name.
func Find(name string) (Server, bool) {
	i := slices.IndexFunc(Servers, func(s Server) bool { return s.Name == name })
	if i < 0 {
		return Server{}, false
	}
	return Servers[i], true
}
