//go:build linux

package counterexamples

import (
	"context"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// The servers of this file are loops in threads of their own. Each has its own view of the door, since what a Door knows
// besides descriptors is one thread's, such as that it is out of descriptors.

// servePeers runs some loops that all wait for the listener and accept for themselves.
func servePeers(n int) func(context.Context, server.Config) error {
	return func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			var ends []func()
			l.end = func() {
				for _, end := range ends {
					end()
				}
			}
			for range n - 1 {
				own, err := levelEpoll()
				if err != nil {
					l.door.Logf("a reactor is missing: %v", err)
					return
				}
				door := *l.door
				ends = append(ends, start(newLoop(&door, own)))
			}
		})
	}
}

// serveSubs runs a main loop, which accepts, and two others, which serve what they are given. It lets spoil change them.
func serveSubs(ctx context.Context, cfg server.Config, spoil func(main *loop, subs []*sub)) error {
	return serve(ctx, cfg, levelEpoll, withSubs(2, spoil))
}

// withSubs makes a main loop of a loop.
func withSubs(n int, spoil func(main *loop, subs []*sub)) func(main *loop) {
	return func(main *loop) {
		var subs []*sub
		for range n {
			s, err := newSub(main)
			if err != nil {
				main.door.Logf("a reactor is missing: %v", err)
				return
			}
			subs = append(subs, s)
		}
		next := 0
		main.welcome = func(fd int) {
			next++
			subs[next%len(subs)].give(fd)
		}
		spoil(main, subs)
		after := main.end
		var ends []func()
		for _, s := range subs {
			ends = append(ends, start(s.loop))
		}
		main.end = func() {
			for _, end := range ends {
				end()
			}
			for _, s := range subs { // not before: until all have ended, one may give a connection to another
				s.end()
				s.clear()
			}
			after()
		}
	}
}

// start runs a loop in a thread of its own, to the word to stop. End says the word, and waits.
func start(l *loop) (end func()) {
	var thread sync.WaitGroup
	thread.Go(func() {
		runtime.LockOSThread()
		defer l.set.close()
		defer l.conns.CloseAll(l.desk)
		if err := l.run(); err != nil {
			l.door.Logf("a reactor ends: %v", err)
		}
	})
	return func() {
		ring(l.door.Stop)
		thread.Wait()
	}
}

// A sub is a loop that is given its connections. In the place of the listener it watches a bell, which is an eventfd.
type sub struct {
	*loop
	bell  int
	inbox chan int
}

func newSub(main *loop) (*sub, error) {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("eventfd2", err)
	}
	own, err := levelEpoll()
	if err != nil {
		server.CloseFD(bell)
		return nil, err
	}
	door := *main.door
	s := &sub{newLoop(&door, &belled{own, bell, door.Listener}), bell, make(chan int, 1<<16)}
	s.accept = s.take
	return s, nil
}

// give hands a connection over.
func (s *sub) give(fd int) {
	s.inbox <- fd
	ring(s.bell)
}

func ring(eventfd int) { _, _ = unix.Write(eventfd, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// take takes what was given. The bell is silenced first: what is given meanwhile rings it again.
func (s *sub) take() (fd int, err unix.Errno) {
	_, _ = unix.Read(s.bell, make([]byte, 8))
	select {
	case fd = <-s.inbox:
		return fd, 0
	default:
		return -1, unix.EAGAIN
	}
}

// clear closes what nobody took, when the loop has ended.
func (s *sub) clear() {
	for fd, err := s.take(); err == 0; fd, err = s.take() {
		server.CloseFD(fd)
	}
	server.CloseFD(s.bell)
}

// belled is a set that has a bell in the place of the listener.
type belled struct {
	set
	bell, listener int
}

func (b *belled) watch(fd int) error {
	if fd == b.listener {
		fd = b.bell
	}
	return b.set.watch(fd)
}

func (b *belled) wait() (ready []event, err error) {
	ready, err = b.set.wait()
	for i := range ready {
		if ready[i].fd == b.bell {
			ready[i].fd = b.listener
		}
	}
	return ready, err
}
