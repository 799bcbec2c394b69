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
}

// NewAcceptor makes the acceptor of a door's listener.
func NewAcceptor(r *Reactor, door *server.Door, give func(fd int)) *Acceptor {
	return &Acceptor{r, door, door.Listener, unix.EPOLLIN, acceptsPerTurn, door.Accept, give}
}

// Open has the reactor tell the acceptor of new connections.
func (a *Acceptor) Open() error {
	if err := a.reactor.RegisterSource(a.fd, a.events, a); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	return nil
}

// Close frees the port: clients that come now are refused.
func (a *Acceptor) Close() {
	a.reactor.source = nil
	a.reactor.Remove(a.fd) // another process may hold a duplicate of it, which would keep it in the set
	a.door.CloseListener()
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
		if server.Full(err) {
			a.Pause(err)
		}
		if err != 0 {
			return
		}
		a.give(fd)
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
	if err := a.reactor.RegisterSource(a.fd, a.events, a); err != 0 {
		a.door.Pause(err)
	}
}
