//go:build linux

package counterexamples

import (
	"context"
	"runtime"
	"sync"

	"github.com/iospec/iospec/impl/server"
)

var reactorForEach = Server{
	Name:    "counterexample/reactor-for-each",
	Traits:  []string{"multi-reactor-threads", "accept-main"},
	Breaks:  []string{"multi.simpler", "pattern.four-combinations", "pattern.two-parts"},
	Mistake: "each connection has a reactor of its own, in a thread of its own",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(main *loop) {
			var threads sync.WaitGroup
			main.welcome = func(fd int) {
				// The mistake: more reactors are faster, so why not one for each? Each waits for one connection, which
				// read would have done: it is a thread per connection, with two system calls for each request in the
				// place of one.
				door := *main.door // what it knows besides descriptors is one thread's
				threads.Go(func() { serveAlone(door, fd) })
			}
			main.end = func() {
				ring(main.door.Stop) // once more: who has not looked yet finds it
				threads.Wait()
			}
		})
	},
}

// serveAlone is a reactor with one connection. It ends with it.
func serveAlone(door server.Door, fd int) {
	runtime.LockOSThread()
	own, err := levelEpoll()
	if err != nil {
		door.Logf("a client is turned away: %v", err)
		server.CloseFD(fd)
		return
	}
	defer own.close()
	l := newLoop(&door, own)
	defer l.conns.CloseAll(l.desk)
	l.add(fd)
	if err := own.watch(door.Stop); err != nil {
		door.Logf("a client is turned away: %v", err)
		return
	}
	for l.conns.Len() > 0 {
		ready, err := own.wait()
		if err != nil {
			door.Logf("a reactor ends: %v", err)
			return
		}
		for _, e := range ready {
			if e.fd == door.Stop {
				return
			}
			l.turn(l.conns.At(e.fd))
		}
	}
}
