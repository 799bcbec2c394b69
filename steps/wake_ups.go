//go:build linux

package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/thread"
)

// wakeUpSteps defines what wake-ups.feature adds to the words of a watched pair: a thread that sleeps in epoll_wait.
func wakeUpSteps(sc *godog.ScenarioContext, p *watchedPair) {
	var waiter *thread.Thread
	var woken atomic.Int64
	start := func(bytes int) error {
		waiter = thread.Start(func(t *thread.Thread) { p.waitInALoop(t, bytes, &woken) })
		p.w.Cleanup(func() { _ = waiter.Stop() })
		return thread.Settle([]*thread.Thread{waiter}, unix.SYS_EPOLL_PWAIT)
	}
	sc.Given(`^a thread that waits in a loop and reads nothing$`, func() error { return start(0) })
	sc.Given(`^a thread that waits in a loop and reads (\d+) byte each time$`, start)
	sc.Then(`^the thread has been woken (\d+) times? and sleeps$`, func(times int64) error {
		err := thread.Settle([]*thread.Thread{waiter}, unix.SYS_EPOLL_PWAIT)
		if got := woken.Load(); err == nil && got != times {
			return check.Failf(fmt.Sprintf("%d wake-ups, and then sleep in epoll_wait", times), "%d wake-ups", got)
		}
		return err
	})
	sc.Then(`^(\d+) bytes lie unread$`, func(n int) error {
		have, err := unix.IoctlGetInt(p.near, unix.SIOCINQ)
		if err == nil && have != n {
			return check.Failf(fmt.Sprintf("%d bytes left unread", n), "%d", have)
		}
		return err
	})
}

// waitInALoop sleeps in epoll_wait, counts each return of it, and reads so many bytes once.
func (p *watchedPair) waitInALoop(t *thread.Thread, bytes int, woken *atomic.Int64) {
	events := make([]unix.EpollEvent, 8)
	buf := make([]byte, bytes)
	for {
		if _, err := t.Uninterrupted(func() (int, error) { return rawEpollWait(p.ep, events) }); err != nil {
			return
		}
		if bytes > 0 {
			_, _ = unix.Read(p.near, buf)
		}
		woken.Add(1)
	}
}

// sortedCounts writes counts in the order of their names.
func sortedCounts(counts map[string]int) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(words, ", ")
}
