//go:build linux

package reactor

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A mainReactor accepts, and hands each connection over to a sub-reactor in another process.
type mainReactor struct {
	*crew
	*Acceptor
	reactor  *Reactor
	channels []int // to each worker; -1 where there is none
	next     int
	pending  int // a connection that no channel had room for, -1 if none: nothing is accepted meanwhile
}

// ServeMultiProcesses is many reactors with a process each. The main one accepts; each connection travels to a worker
// process over a unix socket, and stays there. It serves until ctx is cancelled or the process is told to stop.
func ServeMultiProcesses(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the main reactor is one thread, and the workers die with it
	defer runtime.UnlockOSThread()
	announce := postpone(&cfg)
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
	crew, err := newCrew(reactor, door, cfg, "sub-reactor")
	if err != nil {
		return err
	}
	m := &mainReactor{crew: crew, reactor: reactor, channels: make([]int, workers(cfg)), pending: -1}
	m.Acceptor = NewAcceptor(reactor, door, m.assign)
	m.Acceptor.source = m
	for i := range m.channels {
		m.channels[i] = -1
	}
	crew.hire, crew.hired, crew.lost = m.hire, closeAll, m.lost
	defer m.end()
	if err := crew.start(); err != nil {
		return err
	}
	announce()
	return serve(door, reactor, m.Acceptor)
}

// end tells the workers that no connection will come any more, by closing their channels, and waits for them.
func (m *mainReactor) end() {
	if m.pending >= 0 {
		server.CloseFD(m.pending)
		m.pending = -1
	}
	for place := range m.channels {
		m.drop(place)
	}
	m.crew.dismiss(servingPatience)
}

// hire makes the channel to a new worker.
func (m *mainReactor) hire(place int) (fds []int, err error) {
	ours, theirs, err := channel()
	if err != nil {
		return nil, err
	}
	m.drop(place)
	m.channels[place] = ours
	return []int{theirs}, nil
}

// lost gives up the channel to a worker that has ended, and with it the connections in it.
func (m *mainReactor) lost(place, _ int) { m.drop(place) }

func (m *mainReactor) drop(place int) {
	if m.channels[place] >= 0 {
		server.CloseFD(m.channels[place])
		m.channels[place] = -1
	}
}

// BeforeWait implements Source.
func (m *mainReactor) BeforeWait() time.Duration {
	timeout := shorter(m.crew.BeforeWait(), m.Acceptor.BeforeWait())
	if m.pending >= 0 {
		m.retry()
	}
	return timeout
}

// AfterWait implements Source.
func (m *mainReactor) AfterWait(ready bool) { m.Acceptor.AfterWait(ready) }

// assign hands a connection over. If no worker takes it, it is kept, and nothing is accepted until one does.
func (m *mainReactor) assign(fd int) {
	if m.send(fd) {
		return
	}
	m.pending = fd
	m.Acceptor.Hold()
	for _, channel := range m.channels {
		if channel >= 0 {
			_ = m.reactor.Register(channel, unix.EPOLLOUT, m) // if it fails, another one's room is reported, or a new worker comes
		}
	}
}

// HandleEvent implements EventHandler: a channel has room, and retry comes next.
func (m *mainReactor) HandleEvent(int, uint32) {}

func (m *mainReactor) retry() {
	if !m.send(m.pending) {
		return
	}
	m.pending = -1
	for _, channel := range m.channels {
		if channel >= 0 {
			m.reactor.Remove(channel)
		}
	}
	m.Acceptor.Release()
}

// send sends a connection to one worker after the other. One whose channel is full, or gone, is passed over.
func (m *mainReactor) send(fd int) bool {
	for range m.channels {
		channel := m.channels[m.next]
		m.next = (m.next + 1) % len(m.channels)
		if channel >= 0 && sendConnection(channel, fd) == nil {
			server.CloseFD(fd) // it is the worker's now
			return true
		}
	}
	return false
}

// workSubReactor is the worker: a reactor that gets its connections out of the channel.
func workSubReactor(o order) error {
	runtime.LockOSThread()
	const channel = firstFD
	door, err := server.Inherit(o.config(), -1, -1)
	if err != nil {
		return err
	}
	reactor, err := NewReactor()
	if err != nil {
		return err
	}
	handler := NewHandler(reactor, door)
	acceptor := NewAcceptor(reactor, door, handler.Open)
	acceptor.fd, acceptor.take = channel, newReceiver(channel).take
	handler.freed = acceptor.Resume
	handler.shared = true // the main reactor closes its descriptor after it has sent it, perhaps later than this one does
	if err := acceptor.Open(); err != nil {
		return err
	}
	if err := reactor.Run(); err != nil { // until the channel ends
		return err
	}
	acceptor.Close()
	return drain(reactor, handler)
}
