//go:build linux

package steps

import (
	"fmt"
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// manyEvents: one call reports several events. It breaks when a call stops at the first ready descriptor, or names one
// that is not ready: every answer is compared with the descriptors that were really written to.
func manyEvents(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var watched, ready []int
	answers := map[string][]int{}
	var batches [][]int

	sc.Given(`^(\d+) connected pairs of sockets of which (\d+) have something to read$`, func(n, k int) (err error) {
		watched, ready, err = pairsSomeReady(&bag, n, k)
		return err
	})
	sc.When(`^select, poll and epoll_wait are each called once on all of them$`, func() (err error) {
		answers, err = askAll(&bag, watched)
		return err
	})
	sc.Then(`^every one of the three calls names those (\d+) and no other$`, func(k int) error {
		for call, got := range answers {
			w.Note("%s named %v", call, got)
			if !slices.Equal(slices.Sorted(slices.Values(got)), ready) || len(got) != k {
				return check.Failf(fmt.Sprintf("%s to name the ready sockets %v", call, ready), "it named %v", got)
			}
		}
		return nil
	})
	sc.When(`^epoll_wait is called with room for (\d+) events, three times in a row$`, func(room int) error {
		ep, err := watchAll(&bag, watched, unix.EPOLLIN)
		for range 3 {
			var got []int
			if err == nil {
				got, err = ep.Ready(room)
			}
			batches = append(batches, got)
		}
		return err
	})
	sc.Then(`^the three calls bring (\d+) events each, and together they name all (\d+)$`, func(each, all int) error {
		w.Note("the calls named %v", batches)
		union := slices.Compact(slices.Sorted(slices.Values(slices.Concat(batches...))))
		for _, b := range batches {
			if len(b) != each {
				return check.Failf(fmt.Sprintf("%d events from each call", each), "%v", batches)
			}
		}
		if !slices.Equal(union, ready) || len(union) != all {
			return check.Failf(fmt.Sprintf("the calls together to name the %d ready sockets %v", all, ready), "%v", batches)
		}
		return nil
	})
}

// pairs makes n connected pairs; near has the ends to watch, in ascending order.
func pairs(bag *sock.Bag, n int) (far, near []int, err error) {
	for range n {
		a, b, err := bag.Pair()
		if err != nil {
			return nil, nil, err
		}
		far, near = append(far, a), append(near, b)
	}
	return far, near, nil
}

// pairsSomeReady makes n pairs and writes to every n/k-th, so that k of the watched ends have something to read.
func pairsSomeReady(bag *sock.Bag, n, k int) (watched, ready []int, err error) {
	for i := range n {
		far, near, err := bag.Pair()
		if err != nil {
			return nil, nil, err
		}
		watched = append(watched, near)
		if i%(n/k) != 0 || len(ready) == k {
			continue
		}
		if _, err := unix.Write(far, []byte("x")); err != nil {
			return nil, nil, fmt.Errorf("write to a socket pair: %w", err)
		}
		ready = append(ready, near)
	}
	slices.Sort(ready)
	return watched, ready, nil
}

// watchAll registers the descriptors with a new epoll instance.
func watchAll(bag *sock.Bag, fds []int, events uint32) (sock.Epoll, error) {
	ep, err := bag.Epoll()
	if err != nil {
		return ep, err
	}
	for _, fd := range fds {
		if err := ep.Add(fd, events); err != nil {
			return ep, err
		}
	}
	return ep, nil
}

// askAll asks each demultiplexer once, without waiting, which of the descriptors can be read.
func askAll(bag *sock.Bag, fds []int) (map[string][]int, error) {
	top := slices.Max(fds) + 1
	set := sock.NewFDSet(top, fds...)
	polled := sock.PollSet(unix.POLLIN, fds...)
	if _, err := sock.Select(top, set, nil, nil, 0); err != nil {
		return nil, err
	}
	if _, err := sock.Poll(polled, 0); err != nil {
		return nil, err
	}
	ep, err := watchAll(bag, fds, unix.EPOLLIN)
	if err != nil {
		return nil, err
	}
	reported, err := ep.Ready(len(fds))
	return map[string][]int{"select": set.List(), "poll": pollReady(polled), "epoll_wait": reported}, err
}

// pollReady lists the descriptors of a poll array that came back with something to report.
func pollReady(set []unix.PollFd) []int {
	var fds []int
	for _, p := range set {
		if p.Revents != 0 {
			fds = append(fds, int(p.Fd))
		}
	}
	return fds
}
