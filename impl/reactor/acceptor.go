//go:build linux

package reactor

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

const (
	acceptsPerTurn = 128 // new clients taken between two waits, so that a flood of them does not keep the old ones waiting
	acceptsShared  = 8   // the same where others may take them as well
)

// An Acceptor takes new connections and passes each on: to the Handler of its own reactor, or to another reactor. When
// descriptors run out, it has its own taken out of the set, since it stays ready and would be reported for nothing.
type Acceptor struct {
	reactor *Reactor
	door    *server.Door
	fd      int                             // where connections come from: a listener, or a channel from the main reactor
	events  uint32                          // how it is registered
	most    int                             // connections taken in one turn
	take    func() (fd int, err unix.Errno) // takes one
	give    func(fd int)                    // passes it on
	source  Source                          // what the reactor knows it as: itself, or what it is part of
	held    bool                            // nobody to pass them on to
}

// NewAcceptor makes the acceptor of a door's listener.
func NewAcceptor(r *Reactor, door *server.Door, give func(fd int)) *Acceptor {
	a := &Acceptor{
		reactor: r, door: door, fd: door.Listener, events: unix.EPOLLIN, most: acceptsPerTurn,
		take: door.Accept, give: give,
	}
	a.source = a
	return a
}

// Open has the reactor tell the acceptor of new connections.
func (a *Acceptor) Open() error {
	if err := a.reactor.RegisterSource(a.fd, a.events, a.source); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	return nil
}

// Close frees the port: clients that come now are refused.
func (a *Acceptor) Close() {
	a.Hold() // closing is not enough: another process may have a duplicate, which would keep it in the set
	if a.door.Listener >= 0 {
		a.door.CloseListener()
	}
}

// BeforeWait implements Source.
func (a *Acceptor) BeforeWait() time.Duration {
	if a.door.Due() {
		a.Resume()
	}
	return a.door.Patience()
}

// AfterWait implements Source: it takes the clients that wait, until none is left.
func (a *Acceptor) AfterWait(ready bool) {
	if !ready || a.reactor.stopped {
		return
	}
	for range a.most {
		fd, err := a.take()
		switch {
		case err == 0:
			a.give(fd)
		case err == unix.EPIPE: // the main reactor has closed the channel
			a.reactor.Stop()
		case err == unix.EINVAL: // the master has shut the listener down, and will say more
			a.Hold()
		case server.Full(err):
			a.Pause(err)
		}
		if err != 0 || a.held {
			return
		}
	}
}

// Pause stops accepting for the time being.
func (a *Acceptor) Pause(err unix.Errno) {
	a.door.Pause(err)
	a.reactor.Remove(a.fd)
}

// Resume goes on accepting, if that was stopped. If clients wait, the next wait says so.
func (a *Acceptor) Resume() {
	if !a.door.Paused() {
		return
	}
	a.door.Resume()
	if !a.held {
		a.watch()
	}
}

func (a *Acceptor) watch() {
	if err := a.reactor.RegisterSource(a.fd, a.events, a.source); err != 0 {
		a.door.Pause(err)
	}
}

// Hold has nothing reported until Release.
func (a *Acceptor) Hold() {
	a.held = true
	a.reactor.Remove(a.fd)
}

// Release undoes Hold.
func (a *Acceptor) Release() {
	a.held = false
	a.watch()
}
