//go:build linux

package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// fairnessSteps defines the steps of fairness.feature.
func fairnessSteps(sc *godog.ScenarioContext, w *World) {
	f := &fairness{w: w}
	sc.Given(`^(\d+) sockets with unread bytes, watched for (EPOLL[A-Z|]+) by one instance$`, f.open)
	sc.When(`^(\d+) waits have room for (\d+) events each$`, func(waits, room int) error { return f.wait(waits, room, func() error { return nil }) })
	sc.When(`^before each of (\d+) waits with room for (\d+) events more bytes arrive at the first socket$`, func(waits, room int) error {
		return f.wait(waits, room, func() error { return f.send(0) })
	})
	sc.Then(`^each wait reports (\d+) sockets, each socket is reported (\d+) times, and any (\d+) reports in a row from the first on name all$`, func(each, times, all int) error {
		if f.sizes != strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%d, ", each), f.waits), ", ") {
			return check.Failf(fmt.Sprintf("%d reports in each wait", each), "%s", f.sizes)
		}
		if len(f.reports) != times*all {
			return check.Failf(fmt.Sprintf("each of %d sockets %d times", all, times), "%d reports", len(f.reports))
		}
		for round := range slices.Chunk(f.reports, all) {
			if distinct(round) != all {
				return check.Failf(fmt.Sprintf("%d different sockets in %d reports", all, all), "descriptors %v", round)
			}
		}
		return nil
	})
	sc.Then(`^the waits report ([\d, ]+) sockets, and no socket twice$`, func(sizes string) error {
		if f.sizes != sizes || distinct(f.reports) != len(f.reports) {
			return check.Failf(sizes+" reports, no socket twice", "%s reports, descriptors %v", f.sizes, f.reports)
		}
		return nil
	})
	sc.Then(`^all (\d+) sockets have been reported$`, func(all int) error {
		if distinct(f.reports) != all {
			return check.Failf(fmt.Sprintf("%d sockets reported", all), "descriptors %v", f.reports)
		}
		return nil
	})
}

// fairness is a crowd of ready sockets, and what waits with little room have reported of them.
type fairness struct {
	w       *World
	bag     sock.Bag
	ep      sock.Epoll
	far     []int // the other ends, in the order of registration
	waits   int
	sizes   string // "3, 3, 1": how many events each wait brought
	reports []int  // descriptors, in the order in which they were reported
}

func (f *fairness) open(n int, flags string) error {
	events, err := epollFlags(flags)
	if err != nil {
		return err
	}
	f.w.Cleanup(f.bag.Close)
	if f.ep, err = f.bag.Epoll(); err != nil {
		return err
	}
	for i := range n {
		near, far, err := f.bag.Pair()
		if err != nil {
			return err
		}
		f.far = append(f.far, far)
		if err := f.ep.Add(near, events); err != nil {
			return err
		}
		if err := f.send(i); err != nil {
			return err
		}
	}
	return nil
}

// send writes to a socket of the UNIX domain: the bytes have arrived when write returns.
func (f *fairness) send(i int) error {
	if _, err := unix.Write(f.far[i], []byte{0}); err != nil {
		return fmt.Errorf("write to socket %d: %w", i, err)
	}
	return nil
}

func (f *fairness) wait(waits, room int, before func() error) error {
	f.waits = waits
	var sizes []string
	for range waits {
		if err := before(); err != nil {
			return err
		}
		fds, err := f.ep.Ready(room)
		if err != nil {
			return err
		}
		sizes = append(sizes, fmt.Sprint(len(fds)))
		f.reports = append(f.reports, fds...)
	}
	f.sizes = strings.Join(sizes, ", ")
	return nil
}

func distinct(fds []int) int { return len(slices.Compact(slices.Sorted(slices.Values(fds)))) }
