//go:build linux

package reactor

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// How the workers share the listener.
const (
	shareReusePort = "reuseport"
	shareExclusive = "exclusive"
	shareLock      = "lock"
)

// What a worker of a master is given, from firstFD on.
const (
	givenListener = firstFD + iota
	givenLeave    // an eventfd, readable when the worker is to stop
	givenLock     // the memory of the accept lock, if there is one
)

// The servers of this file are many reactors with a process each, all of which accept: as nginx does it, in its three
// ways. The master binds, starts the workers and watches over them; it never accepts. They serve until ctx is cancelled
// or the process is told to stop.

// ServeNginxReusePort gives each worker a listener of its own: the kernel distributes the connections.
func ServeNginxReusePort(ctx context.Context, cfg server.Config) error {
	announce := postpone(&cfg)
	door, others, err := server.OpenShards(ctx, cfg, workers(cfg))
	if err != nil {
		return err
	}
	return serveMaster(&master{door: door, announce: announce, shards: append(others, door.Listener)}, cfg, shareReusePort)
}

// ServeNginxExclusive has all workers wait for one listener: the kernel wakes one of them for each connection.
func ServeNginxExclusive(ctx context.Context, cfg server.Config) error {
	announce := postpone(&cfg)
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	return serveMaster(&master{door: door, announce: announce, shards: []int{door.Listener}}, cfg, shareExclusive)
}

// ServeNginxLock has that worker wait for the listener which holds the accept lock.
func ServeNginxLock(ctx context.Context, cfg server.Config) error {
	announce := postpone(&cfg)
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	return serveMaster(&master{door: door, announce: announce, shards: []int{door.Listener}}, cfg, shareLock)
}

// A master opens the door for its workers, and accepts nobody.
type master struct {
	door     *server.Door
	shards   []int // listeners; the worker in place p has number p, modulo their number
	announce func()
	leave    int // eventfd that tells the workers to stop
	lock     *acceptLock
	memory   int // of the lock, -1 if there is none
}

func serveMaster(m *master, cfg server.Config, share string) (err error) {
	runtime.LockOSThread() // the workers die with the thread that starts them
	defer runtime.UnlockOSThread()
	defer m.door.Close()
	defer m.shut()
	reactor, err := NewReactor()
	if err != nil {
		return err
	}
	defer reactor.Close()
	crew, err := newCrew(reactor, m.door, cfg, "acceptor")
	if err != nil {
		return err
	}
	crew.order.Share, crew.hire, crew.lost = share, m.hire, m.lost
	defer m.end(crew)
	if m.leave, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd2", err)
	}
	if m.memory = -1; share == shareLock {
		if m.lock, m.memory, err = newAcceptLock(workers(cfg)); err != nil {
			return err
		}
	}
	if err := crew.start(); err != nil {
		return err
	}
	m.announce()
	reactor.source = crew
	if err := reactor.StopWhenReady(m.door.Stop); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	return reactor.Run()
}

// hire gives a new worker what it needs. The listener is the same one for all, or its own shard, which the master keeps
// open, so that clients who come between two workers are not lost.
func (m *master) hire(place int) (fds []int, err error) {
	fds = []int{m.shards[place%len(m.shards)], m.leave}
	if m.memory >= 0 {
		fds = append(fds, m.memory)
	}
	return fds, nil
}

// lost frees the accept lock, should a worker have died with it.
func (m *master) lost(place, pid int) {
	if m.lock != nil {
		m.lock.bereave(place, pid)
	}
}

// end frees the port at once, for all who have the listeners: shutdown(2) acts on the socket, not on the descriptor.
// Then the workers are told to stop, and waited for.
func (m *master) end(c *crew) {
	m.shut()
	if m.leave > 0 {
		wake(m.leave)
		defer server.CloseFD(m.leave)
	}
	c.dismiss(servingPatience)
	if m.lock != nil {
		m.lock.close()
		server.CloseFD(m.memory)
	}
}

// shut closes the listeners.
func (m *master) shut() {
	for _, fd := range m.shards {
		_ = unix.Shutdown(fd, unix.SHUT_RD)
		if fd == m.door.Listener {
			m.door.CloseListener()
		} else {
			server.CloseFD(fd)
		}
	}
	m.shards = nil
}

// workAcceptor is the worker: a reactor that accepts for itself.
func workAcceptor(o order) error {
	runtime.LockOSThread()
	door, err := server.Inherit(o.config(), givenListener, givenLeave)
	if err != nil {
		return err
	}
	reactor, err := NewReactor()
	if err != nil {
		return err
	}
	handler := NewHandler(reactor, door)
	acceptor := NewAcceptor(reactor, door, handler.Open)
	handler.freed = acceptor.Resume
	switch o.Share {
	case shareReusePort:
	case shareExclusive:
		acceptor.events, acceptor.most = unix.EPOLLIN|unix.EPOLLEXCLUSIVE, 1
	case shareLock:
		return serveLocked(o, reactor, acceptor, handler)
	default:
		return fmt.Errorf("no such way to share a listener: %q", o.Share)
	}
	return serve(door, reactor, acceptor, handler)
}
