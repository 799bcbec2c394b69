//go:build linux

package reactor

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A SubReactor serves the connections that the main reactor hands over, each from its first byte to its last, in a
// thread and with an epoll instance of its own.
type SubReactor struct {
	reactor *Reactor
	handler *Handler
	inbox   *Inbox[int] // connections from the main reactor
}

// ServeMultiThreads is many reactors with a thread each. The main one accepts, and hands each connection over to a
// sub-reactor; nothing comes back. It serves until ctx is cancelled or the process is told to stop.
func ServeMultiThreads(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the main reactor is one thread
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	main, err := NewReactor()
	if err != nil {
		return err
	}
	defer main.Close()
	subs, err := newSubReactors(workers(cfg), door)
	defer func() {
		for _, s := range subs {
			s.close()
		}
	}()
	if err != nil {
		return err
	}
	return runSubReactors(door, subs, func() error {
		next := 0
		return serve(door, main, NewAcceptor(main, door, func(fd int) {
			subs[next].inbox.Put(fd) // one after the other: it knows nothing of how busy they are
			next = (next + 1) % len(subs)
		}))
	})
}

// runSubReactors gives each sub-reactor its thread, as long as the main reactor runs, and then until they have drained.
// One that fails ends the service, since its connections are nobody else's.
func runSubReactors(door *server.Door, subs []*SubReactor, main func() error) error {
	failed := make([]error, len(subs))
	var threads sync.WaitGroup
	for i, s := range subs {
		threads.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			if failed[i] = s.Run(); failed[i] != nil {
				wake(door.Stop)
			}
		})
	}
	err := main()
	for _, s := range subs {
		s.inbox.Close()
	}
	threads.Wait()
	return errors.Join(append(failed, err)...)
}

func newSubReactors(n int, door *server.Door) (subs []*SubReactor, err error) {
	for range n {
		s, err := newSubReactor(door)
		if err != nil {
			return subs, err
		}
		subs = append(subs, s)
	}
	return subs, nil
}

func newSubReactor(door *server.Door) (*SubReactor, error) {
	reactor, err := NewReactor()
	if err != nil {
		return nil, err
	}
	inbox, err := NewInbox[int]()
	if err != nil {
		reactor.Close()
		return nil, err
	}
	return &SubReactor{reactor, NewHandler(reactor, door), inbox}, nil
}

// Run serves until the main reactor says that nothing more comes, and then answers what has come.
func (s *SubReactor) Run() error {
	if err := s.reactor.RegisterSource(s.inbox.fd, unix.EPOLLIN, s); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	if err := s.reactor.Run(); err != nil {
		return err
	}
	return drain(s.reactor, s.handler)
}

// BeforeWait implements Source: it has nothing to wait for but its inbox.
func (s *SubReactor) BeforeWait() time.Duration { return -1 }

// AfterWait implements Source: it takes over the connections that have come, adds each to its own set, and makes its
// handler.
func (s *SubReactor) AfterWait(ready bool) {
	if !ready {
		return
	}
	fds, closed := s.inbox.TakeAll()
	for _, fd := range fds {
		s.handler.Open(fd)
	}
	if closed {
		s.reactor.Stop()
	}
}

func (s *SubReactor) close() {
	fds, _ := s.inbox.TakeAll() // none, unless it has failed
	for _, fd := range fds {
		server.CloseFD(fd)
	}
	s.handler.CloseAll()
	s.reactor.Close()
	s.inbox.Free()
}
