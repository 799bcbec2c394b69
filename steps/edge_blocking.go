//go:build linux

package steps

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// edgeServer is a thread that waits edge-triggered for two connections and reads each until there is nothing left.
type edgeServer struct {
	bag    sock.Bag
	ep     sock.Epoll
	server [2]int // its ends of the connections
	client [2]int
	sent   [2]int64
	read   [2]atomic.Int64 // bytes
	drains atomic.Int64    // drains that ended
	eagain atomic.Int64    // drains that ended with EAGAIN
	thread *thread.Thread
}

// edgeBlockingSteps defines the steps of trigger.edge-blocking-hangs.
func edgeBlockingSteps(sc *godog.ScenarioContext, w *World) {
	s := &edgeServer{}
	var stuck thread.Place
	sc.Given(`^a thread that drains two connections edge-triggered, on (blocking|non-blocking) sockets$`, func(kind string) error {
		return s.start(w, kind == "non-blocking")
	})
	sc.When(`^the (first|second) client sends (\d+) bytes$`, func(who string, n int) error { return s.send(nth[who], n) })
	sc.Then(`^the thread has read (\d+) bytes of the (first|second) client and sleeps in (read on its socket|epoll_wait)$`, func(n int64, who, place string) (err error) {
		if place == "epoll_wait" {
			err = thread.Settle([]*thread.Thread{s.thread}, unix.SYS_EPOLL_PWAIT)
		} else {
			stuck, err = s.thread.AwaitAsleep(unix.SYS_READ, s.server[nth[who]])
			w.Note("thread sleeps in read of the %s client's socket, wchan %q", who, s.thread.Wchan())
		}
		if got := s.read[nth[who]].Load(); err == nil && got != n {
			return check.Failf(fmt.Sprintf("%d bytes read of the %s client", n, who), "%d", got)
		}
		return err
	})
	sc.Then(`^epoll has the second connection to report, and the thread has not stirred from that read$`, func() error { return s.starves(stuck) })
	sc.When(`^the first client closes$`, func() error { s.bag.Drop(s.client[0]); return nil })
	sc.Then(`^each drain ended with EAGAIN$`, func() error {
		if drains, eagain := s.drains.Load(), s.eagain.Load(); drains != 2 || eagain != 2 {
			return check.Failf("2 drains, each ended by EAGAIN", "%d drains, %d of them ended by EAGAIN", drains, eagain)
		}
		return nil
	})
}

var nth = map[string]int{"first": 0, "second": 1}

func (s *edgeServer) start(w *World, nonblock bool) (err error) {
	w.Cleanup(s.bag.Close)
	if s.ep, err = s.bag.Epoll(); err != nil {
		return err
	}
	for i := range s.server {
		if s.client[i], s.server[i], err = s.bag.TCPPair(); err != nil {
			return err
		}
		if err := sock.Nonblock(s.server[i], nonblock); err != nil {
			return err
		}
		if err := s.ep.Add(s.server[i], unix.EPOLLIN|unix.EPOLLET); err != nil {
			return err
		}
	}
	s.thread = thread.Start(s.serve)
	w.Cleanup(func() { // a client that closes releases a read that nothing else would interrupt
		s.bag.Drop(s.client[0])
		s.bag.Drop(s.client[1])
		_ = s.thread.Stop()
	})
	return thread.Settle([]*thread.Thread{s.thread}, unix.SYS_EPOLL_PWAIT)
}

func (s *edgeServer) serve(t *thread.Thread) {
	events := make([]unix.EpollEvent, 2)
	for {
		n, err := t.Uninterrupted(func() (int, error) { return rawEpollWait(s.ep, events) })
		if err != nil {
			return
		}
		for _, e := range events[:n] {
			for i, fd := range s.server {
				if fd == int(e.Fd) {
					s.drain(i)
				}
			}
		}
	}
}

// drain reads until nothing is left: until end of file, or until EAGAIN, which a blocking socket never says.
func (s *edgeServer) drain(i int) {
	defer s.drains.Add(1)
	buf := make([]byte, 64)
	for {
		n, err := unix.Read(s.server[i], buf)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			s.eagain.Add(1)
			return
		case err != nil || n == 0:
			return
		default:
			s.read[i].Add(int64(n))
		}
	}
}

func (s *edgeServer) send(i, n int) error {
	if _, err := unix.Write(s.client[i], make([]byte, n)); err != nil {
		return fmt.Errorf("write to client %d: %w", i, err)
	}
	s.sent[i] += int64(n)
	return arrival.Bytes(s.server[i], s.sent[i])
}

// starves tells whether the second connection waits on the ready list while the thread is where it was, having slept
// there all the time.
func (s *edgeServer) starves(stuck thread.Place) error {
	ready, err := sock.Poll(sock.PollSet(unix.POLLIN, int(s.ep)), 0)
	if err != nil {
		return err
	}
	now, err := s.thread.Where()
	if err != nil {
		return err
	}
	if read := s.read[1].Load(); ready != 1 || now != stuck || read != 0 {
		return check.Failf("the second connection ready, unread, and the thread still asleep in read of the first", "ready: %t, %d bytes read, thread %+v where it was %+v", ready == 1, read, now, stuck)
	}
	return nil
}
