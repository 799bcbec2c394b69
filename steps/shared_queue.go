//go:build linux

package steps

import (
	"sync"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/thread"
)

// shelf is a queue as plain as can be, from which one takes in two steps: look at what is first, remove it. In between
// comes a pause, if there is one, in which a test lets another thread come first.
type shelf struct {
	lock  sync.Locker
	items []int
	pause chan func() // the first to take runs what comes from here between looking and removing
}

// unlocked is a lock that is none.
type unlocked struct{}

func (unlocked) Lock()   {}
func (unlocked) Unlock() {}

// take gives what was first, -1 when there was nothing.
func (s *shelf) take() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.items) == 0 {
		return -1
	}
	item := s.items[0]
	select {
	case meanwhile := <-s.pause:
		meanwhile()
	default:
	}
	if len(s.items) > 0 {
		s.items = s.items[1:]
	}
	return item
}

// sharedQueueSteps defines the steps of pool.queue-locked about a queue. They break when the order of two threads, which
// is forced here, does not do what it is said to.
func sharedQueueSteps(sc *godog.ScenarioContext, w *World) {
	var s *shelf
	var taken [][]int // by thread
	waited := false

	sc.Given(`^a queue of (\d+) connections and 2 threads that take from it (without|under) a lock$`, func(n int, how string) {
		s = &shelf{lock: unlocked{}, pause: make(chan func(), 1)}
		if how == "under" {
			s.lock = &sync.Mutex{}
		}
		for i := range n {
			s.items = append(s.items, i)
		}
		taken = make([][]int, 2)
	})
	sc.When(`^the second thread takes while the first has looked and not yet removed$`, func() (err error) {
		var second *thread.Thread
		s.pause <- func() {
			second = thread.Start(func(*thread.Thread) { taken[1] = append(taken[1], s.take()) })
			err = thread.Settle([]*thread.Thread{second}, unix.SYS_FUTEX)
			waited = !second.Done()
		}
		taken[0] = append(taken[0], s.take())
		if err != nil {
			return err
		}
		return second.Join()
	})
	sc.Then(`^both have taken the same connection, and the other one has been lost$`, func() error {
		w.Note("taken by the first: %v, by the second: %v; left in the queue: %v", taken[0], taken[1], s.items)
		if waited || taken[0][0] != taken[1][0] || len(s.items) != 0 {
			return check.Failf("connection 0 taken twice, and none left", "taken %v, left %v, the second waited: %t", taken, s.items, waited)
		}
		return nil
	})
	sc.Then(`^the second has waited for the first, and each has taken another connection$`, func() error {
		if !waited || taken[0][0] == taken[1][0] || len(s.items) != 0 {
			return check.Failf("connections 0 and 1 taken, one each", "taken %v, left %v, the second waited: %t", taken, s.items, waited)
		}
		return nil
	})
}
