//go:build linux

package steps

import (
	"errors"
	"fmt"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/report"
)

// sharedWaitersSteps defines the steps of shared-waiters.feature.
func sharedWaitersSteps(sc *godog.ScenarioContext, w *World) {
	s := &sharedWaiters{w: w}
	sc.Given(`^(\d+) threads that sleep in epoll_wait on one instance that watches a socket for (EPOLL[A-Z|]+)$`, s.oneInstance)
	sc.Given(`^(\d+) threads that sleep in epoll_wait, each on an instance of its own that watches one listening socket for (EPOLL[A-Z|]+)$`, func(n int, flags string) error {
		if err := s.instances(n, flags); err != nil {
			return err
		}
		for _, ep := range s.own {
			s.herd.waits(w, ep)
		}
		return s.herd.asleep()
	})
	sc.Given(`^(\d+) instances? without a waiter that watch(?:es)? one listening socket for (EPOLL[A-Z|]+)$`, s.instances)
	sc.When(`^bytes arrive at that socket$`, s.send)
	sc.When(`^a client connects to that listening socket$`, s.connect)
	sc.Then(`^(\d+) of the threads ha(?:s|ve) been woken$`, func(want int) error {
		got, err := s.herd.woken()
		s.measured(got)
		if err == nil && got != want {
			return check.Failf(fmt.Sprintf("%d of %d threads woken", want, len(s.herd.threads)), "%d", got)
		}
		return err
	})
	sc.Then(`^at least one of the threads has been woken, and not all$`, func() error {
		got, err := s.herd.woken()
		w.Note("%d of %d woken", got, len(s.herd.threads))
		s.measured(got)
		if err == nil && (got < 1 || got == len(s.herd.threads)) {
			return check.Failf("at least one thread woken, and not all", "%d of %d", got, len(s.herd.threads))
		}
		return err
	})
	sc.Then(`^each of the instances reports the listening socket$`, func() error {
		for i, ep := range s.own {
			events, err := ep.Wait(1, await.Patience)
			if err != nil {
				return err
			}
			if len(events) != 1 {
				return check.Failf("each instance reports it", "instance %d of %d does not", i+1, len(s.own))
			}
		}
		return nil
	})
	sc.Then(`^EPOLL_CTL_MOD of that registration to (EPOLL[A-Z|]+) says EINVAL$`, func(flags string) error { return s.refused(s.own[0].Mod, s.listener.FD, flags) })
	sc.Then(`^EPOLL_CTL_ADD of another socket for (EPOLL[A-Z|]+) says EINVAL$`, func(flags string) error {
		other, _, err := s.bag.Pair()
		if err != nil {
			return err
		}
		return s.refused(s.own[0].Add, other, flags)
	})
}

// sharedWaiters is a socket for which several threads wait.
type sharedWaiters struct {
	w        *World
	bag      sock.Bag
	herd     herd
	near     int // a connected socket that one instance watches, and its other end
	far      int
	sent     int64
	listener *sock.Listener // or a listening socket that each of own watches
	own      []sock.Epoll
	flags    string // by which it is watched
}

// measured keeps how many a new client woke, for the plot of the herd.
func (s *sharedWaiters) measured(woken int) {
	if s.listener != nil {
		s.w.Measured(report.Series{Of: "threads that one new client wakes", Name: s.flags, XUnit: "threads that wait", YUnit: "threads woken", X: []float64{float64(len(s.herd.threads))}, Y: []float64{float64(woken)}})
	}
}

func (s *sharedWaiters) oneInstance(n int, flags string) (err error) {
	events, err := epollFlags(flags)
	if err != nil {
		return err
	}
	s.w.Cleanup(s.bag.Close)
	if s.far, s.near, err = s.bag.TCPPair(); err != nil {
		return err
	}
	ep, err := s.bag.Epoll()
	if err != nil {
		return err
	}
	if err := ep.Add(s.near, events); err != nil {
		return err
	}
	for range n {
		s.herd.waits(s.w, ep)
	}
	return s.herd.asleep()
}

func (s *sharedWaiters) instances(n int, flags string) (err error) {
	s.flags = flags
	events, err := epollFlags(flags)
	if err != nil {
		return err
	}
	s.w.Cleanup(s.bag.Close)
	if s.listener, err = sock.Listen(16); err != nil {
		return err
	}
	s.bag.Add(s.listener.FD)
	for range n {
		ep, err := s.bag.Epoll()
		if err != nil {
			return err
		}
		if err := ep.Add(s.listener.FD, events); err != nil {
			return err
		}
		s.own = append(s.own, ep)
	}
	return nil
}

// send lets one byte arrive, and lets whoever it wakes come to rest, so that two arrivals are two events.
func (s *sharedWaiters) send() error {
	if _, err := unix.Write(s.far, []byte{0}); err != nil {
		return fmt.Errorf("write to the socket: %w", err)
	}
	s.sent++
	return errors.Join(arrival.Bytes(s.near, s.sent), s.herd.settle())
}

// connect makes a connection and waits until it is in the accept queue.
func (s *sharedWaiters) connect() error {
	client, err := s.listener.Dial()
	if err != nil {
		return err
	}
	s.bag.Add(client)
	_, err = sock.Poll(sock.PollSet(unix.POLLIN, s.listener.FD), await.Patience)
	return err
}

func (s *sharedWaiters) refused(ctl func(int, uint32) error, fd int, flags string) error {
	events, err := epollFlags(flags)
	if err != nil {
		return err
	}
	if err := ctl(fd, events); !errors.Is(err, unix.EINVAL) {
		return check.Failf("EINVAL", "%v", err)
	}
	return nil
}
