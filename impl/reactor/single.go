//go:build linux

package reactor

import (
	"context"
	"runtime"

	"github.com/iospec/iospec/impl/server"
)

// ServeSingle is the single reactor, and nothing else: one thread, in which a Reactor waits and dispatches, an Acceptor
// takes connections, and a Handler reads, works and sends. It serves until ctx is cancelled or the process is told to
// stop.
func ServeSingle(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the reactor is one thread
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	reactor, err := NewReactor()
	if err != nil {
		return err
	}
	defer reactor.Close()

	handler := NewHandler(reactor, door)
	defer handler.CloseAll()
	acceptor := NewAcceptor(reactor, door, handler.Open)
	handler.freed = acceptor.Resume
	return serve(door, reactor, acceptor, handler)
}

// serve is the life of a reactor that accepts for itself: open, run, and end in order.
func serve(door *server.Door, r *Reactor, a *Acceptor, handlers ...*Handler) error {
	if err := r.StopWhenReady(door.Stop); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	if err := a.Open(); err != nil {
		return err
	}
	if err := r.Run(); err != nil {
		return err
	}
	a.Close()
	return drain(r, handlers...)
}
