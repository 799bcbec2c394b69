//go:build linux

package steps

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/report"
)

// readyList: a wait returns what something happened to, in the order in which it happened. It breaks when a quiet socket
// is reported, an active one is missing, or the order is that of a scan.
func readyList(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var far, near []int
	var ep sock.Epoll
	var active []int // in the order in which they got something

	sc.Given(`^(\d+) sockets watched by one epoll instance$`, func(n int) (err error) {
		if err = needDescriptors(2*n + 100); err != nil {
			return err
		}
		if far, near, err = pairs(&bag, n); err != nil {
			return err
		}
		ep, err = watchAll(&bag, near, unix.EPOLLIN)
		return err
	})
	sc.When(`^(\d+) of them, chosen at random, get something to read$`, func(k int) error {
		for _, i := range rand.Perm(len(far))[:k] {
			if _, err := unix.Write(far[i], []byte("x")); err != nil {
				return err
			}
			active = append(active, near[i])
		}
		return nil
	})
	sc.Then(`^one wait returns exactly those (\d+)$`, func(k int) error {
		got, err := ep.Ready(len(near))
		w.Note("%d watched, %d active, %d returned", len(near), len(active), len(got))
		same := slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(active)))
		if err == nil && (!same || len(got) != k) {
			return check.Failf(fmt.Sprintf("exactly the active ones, %v", active), "%v", got)
		}
		return err
	})
	sc.Then(`^the wait lists them in the order in which they got it, which is not the order of their numbers$`, func() error {
		got, err := ep.Ready(len(near))
		w.Note("written to in the order %v …, reported %v …", active[:6], got[:min(6, len(got))])
		if slices.IsSorted(active) {
			return fmt.Errorf("%d descriptors were chosen at random and came out sorted", len(active))
		}
		if err == nil && !slices.Equal(got, active) {
			return check.Failf(fmt.Sprintf("the order of arrival, %v", active), "%v", got)
		}
		return err
	})
	sc.Then(`^one wait returns no event$`, func() error {
		got, err := ep.Ready(len(near))
		if err == nil && len(got) > 0 {
			return check.Failf("no event while nothing has happened", "%v", got)
		}
		return err
	})
	waitCost(sc, w, &bag)
}

// waitCost: the cost of epoll_wait depends on the ready, not on the watched. Select and poll in the same run show that
// the measurement would notice a scan.
func waitCost(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var fds []int
	var r *race
	var ready []int
	var contest measure.Contest

	sc.Given(`^(\d+) quiet event counters and one that is ready$`, func(n int) (err error) {
		fds, err = countersLastReady(bag, n+1)
		return err
	})
	sc.When(`^the cost of one call is taken on the last (\d+) of them and on all (\d+), for each demultiplexer in turn$`, func(few, all int) (err error) {
		var sizes []int
		for n := few; n < all; n *= 2 {
			sizes = append(sizes, n)
		}
		r, err = newRace(bag, fds, append(sizes, all))
		return err
	})
	sc.Then(`^epoll_wait costs at most ([\d.]+) times as much on the large set, and select and poll more than (\d+) times as much$`, func(flat, steep float64) error {
		growth := func(call string) float64 { c := r.costs(call); return c[len(c)-1] / c[0] }
		apart := r.contest.Until(20, 10, func([]float64) bool {
			return growth("epoll_wait") <= flat && growth("select") > steep && growth("poll") > steep
		})
		for _, call := range []string{"select", "poll", "epoll_wait"} {
			w.Note("%s: %s ns on %s, %.2f times as much on the most", call, english.List(r.costs(call), "%.0f"), english.List(r.sizes, "%d"), growth(call))
			w.Measured(report.Series{Of: "the cost of one call that finds one ready descriptor", Name: call, XUnit: "descriptors watched", YUnit: "ns", X: floats(r.sizes), Y: r.costs(call)})
		}
		if !apart {
			return check.Failf("epoll_wait to stay where it is while select and poll grow", "growth: epoll_wait %.2f, select %.2f, poll %.2f", growth("epoll_wait"), growth("select"), growth("poll"))
		}
		return nil
	})
	sc.Given(`^(\d+) event counters watched by one epoll instance$`, func(n int) error {
		if err := needDescriptors(n + 100); err != nil {
			return err
		}
		var err error
		fds, err = bag.Eventfds(n)
		return err
	})
	sc.When(`^the cost of a wait is taken with ([\d, ]+) and (\d+) ready ones besides$`, func(list string, last int) error {
		ready = append(numbers(list), last)
		for _, k := range ready {
			ep, err := watchWithReady(bag, fds, k)
			if err != nil {
				return err
			}
			events := make([]unix.EpollEvent, k)
			times := 1 + 100/k
			contest.Add(times, func() { repeatWait(times, ep, events) })
		}
		return nil
	})
	sc.Then(`^(\d+) ready ones cost more than (\d+) times as much as (\d+)$`, func(_ int, times float64, _ int) error {
		dearer := contest.Until(40, 20, func(c []float64) bool { return c[len(c)-1] > times*c[0] })
		w.Note("with %s ready, of %d watched: %s ns", english.List(ready, "%d"), len(fds), english.List(contest.Costs(), "%.0f"))
		w.Measured(report.Series{Of: "the cost of one epoll_wait by what is ready", Name: "epoll_wait", XUnit: "descriptors ready", YUnit: "ns", X: floats(ready), Y: contest.Costs()})
		if !dearer {
			return check.Failf("a cost in proportion to what is ready", "%v ready cost %.0f ns", ready, contest.Costs())
		}
		return nil
	})
}

// watchWithReady makes an instance that watches fds and besides them k event counters that are ready.
func watchWithReady(bag *sock.Bag, fds []int, k int) (sock.Epoll, error) {
	ep, err := watchAll(bag, fds, unix.EPOLLIN)
	if err != nil {
		return ep, err
	}
	for range k {
		fd, err := sock.Eventfd(1)
		if err != nil {
			return ep, err
		}
		bag.Add(fd)
		if err := ep.Add(fd, unix.EPOLLIN); err != nil {
			return ep, err
		}
	}
	return ep, nil
}
