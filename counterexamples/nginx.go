//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// The servers of this file have a master and workers, as nginx has.

var masterAccepts = Server{
	Name:    "counterexample/master-accepts",
	Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-sharded"},
	Breaks:  []string{"nginx.master"},
	Mistake: "the master accepts and serves, too",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveMaster(ctx, cfg, "serve", 3, func(door *server.Door) error {
			// The mistake: the master has nothing to do, so it is one more worker. Now a client can crash the process that
			// was to replace those who crash.
			return serveAt(door, levelEpoll, unspoilt)
		})
	},
}

var acceptsApartInWorkers = Server{
	Name:    "counterexample/workers-accept-apart",
	Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-sharded"},
	Breaks:  []string{"nginx.workers-accept", "pattern.four-combinations"},
	Mistake: "each worker has a second thread, which accepts for its reactor",
	Serve: func(ctx context.Context, cfg server.Config) error {
		// The mistake: a worker that is busy shall not make new clients wait. But they are accepted to wait all the same,
		// and another worker, which is not busy, cannot have them any more.
		return serveMaster(ctx, cfg, "accept apart", 2, untilStop)
	},
}

var connectionTravels = Server{
	Name:    "counterexample/connection-travels",
	Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-sharded"},
	Breaks:  []string{"nginx.sticks", "nginx.workers-accept"},
	Mistake: "a worker sends every other connection that it has accepted to the other worker",
	Load:    "several clients",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveMaster(ctx, cfg, "send on", 2, untilStop)
	},
}

// sendOn makes a worker send every other connection on.
func sendOn(l *loop) {
	_ = unix.SetNonblock(givenChannel, true)
	n := 0
	l.welcome = func(fd int) {
		if n++; n%2 == 1 {
			l.add(fd)
			return
		}
		// The mistake: the kernel gave this worker more than the other one, so it gives some away. It costs two system
		// calls and a wake-up for each, and what is just now uneven would have been even a moment later.
		if err := send(givenChannel, fd); err != nil {
			l.door.Logf("a client is turned away: %v", err)
		}
		server.CloseFD(fd)
	}
	l.others[givenChannel] = func() {
		if fd, err := receive(givenChannel); err == nil && fd >= 0 {
			l.add(fd)
		}
	}
}

var workersHerd = Server{
	Name:    "counterexample/workers-herd",
	Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-exclusive"},
	Breaks:  []string{"nginx.accept-lock-exclusive"},
	Mistake: "each new client wakes all worker processes: they wait for the listener with no care taken",
	Serve:   serveHerd,
}

var oneDoorForAll = Server{
	Name:    "counterexample/one-listener-for-all",
	Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-sharded"},
	Breaks:  []string{"nginx.accept-lock-sharded"},
	Mistake: "the workers wait for the same listener, in what is said to have one for each",
	Serve:   serveHerd,
}

var poolMultiplexes = Server{
	Name:    "counterexample/pool-multiplexes",
	Traits:  []string{"process-pool"},
	Breaks:  []string{"process.blocking-base", "process.per-client-prefork"},
	Mistake: "the processes of the pool accept while they have clients",
	Load:    "several clients at once",
	Serve:   serveHerd,
}

// serveHerd has both workers wait for the one listener that was inherited.
func serveHerd(ctx context.Context, cfg server.Config) error {
	// The mistake: after a fork everybody has the listener, and accepting just works. SO_REUSEPORT is set, too, on the one
	// socket, where it does nothing.
	return serveMaster(ctx, cfg, "serve", 1, untilStop)
}
