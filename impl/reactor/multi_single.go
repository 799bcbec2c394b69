//go:build linux

package reactor

import (
	"context"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A nest is several reactors in one thread. The outer one waits for the inner ones: an epoll instance is itself ready,
// as a descriptor, when something in it is. Each inner one has connections and their Handler.
type nest struct {
	outer    *Reactor
	inner    []*Reactor
	handlers []*Handler
	next     int // whose turn it is to be given a connection
}

// ServeMultiSingle is many reactors with one thread: whatever the reactors have ready, one thread serves it. It serves
// until ctx is cancelled or the process is told to stop.
func ServeMultiSingle(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // all the reactors are one thread
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	outer, err := NewReactor()
	if err != nil {
		return err
	}
	defer outer.Close()
	n := &nest{outer: outer}
	defer n.close()
	acceptor := NewAcceptor(outer, door, n.assign)
	for range workers(cfg) {
		if err := n.add(door, acceptor.Resume); err != nil {
			return err
		}
	}
	return serve(door, outer, acceptor, n.handlers...)
}

// add makes an inner reactor and has the outer one wait for it.
func (n *nest) add(door *server.Door, freed func()) error {
	r, err := NewReactor()
	if err != nil {
		return err
	}
	h := NewHandler(r, door)
	h.freed = freed
	n.inner, n.handlers = append(n.inner, r), append(n.handlers, h)
	if err := n.outer.Register(r.epfd, unix.EPOLLIN, n); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	return nil
}

// assign gives a new connection to one reactor after the other.
func (n *nest) assign(fd int) {
	n.handlers[n.next].Open(fd)
	n.next = (n.next + 1) % len(n.handlers)
}

// HandleEvent implements EventHandler: an inner reactor has something ready, so it has a round, without waiting.
func (n *nest) HandleEvent(epfd int, _ uint32) {
	for _, r := range n.inner {
		if r.epfd == epfd {
			if _, err := r.HandleEvents(0); err != nil {
				n.outer.Fail(err)
			}
		}
	}
}

func (n *nest) close() {
	for i := range n.inner {
		n.handlers[i].CloseAll()
		n.inner[i].Close()
	}
}
