//go:build linux

package steps

import (
	"errors"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// epollUsage: a wait that is going on takes part in what is added. It breaks when the wait sleeps on, or returns anything
// but the socket that was added.
func epollUsage(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var ep sock.Epoll
	var waiter *thread.Thread
	added := -1
	events := make([]unix.EpollEvent, 8)
	reported := 0
	var failed error

	sc.Given(`^a thread that sleeps in epoll_wait on an empty instance$`, func() (err error) {
		if ep, err = bag.Epoll(); err != nil {
			return err
		}
		waiter = thread.Start(func(t *thread.Thread) {
			reported, failed = t.Uninterrupted(func() (int, error) { return rawEpollWait(ep, events) })
		})
		w.Cleanup(func() { _ = waiter.Stop() }) // before the instance is closed; it has ended unless a step failed
		_, err = waiter.AwaitAsleep(unix.SYS_EPOLL_PWAIT, int(ep))
		return err
	})
	sc.When(`^a socket that can be read is added to the instance$`, func() error {
		far, near, err := bag.Pair()
		if err != nil {
			return err
		}
		added = near
		_, err = unix.Write(far, []byte("x"))
		return errors.Join(err, ep.Add(near, unix.EPOLLIN))
	})
	sc.Then(`^the sleeping wait returns and reports it$`, func() error {
		if err := waiter.Join(); err != nil {
			return check.Failf("the sleeping wait to return", "%v", err)
		}
		w.Note("the wait that began before the socket was added returned %d event", reported)
		if failed == nil && (reported != 1 || int(events[0].Fd) != added) {
			return check.Failf("the wait to report the socket that was added meanwhile", "it reported %v", events[:reported])
		}
		return failed
	})
}
