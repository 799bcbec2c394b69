//go:build linux

package steps

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/sock"
)

// A race measures the three demultiplexers in turn on growing numbers of descriptors, the last of which is always the
// only one that is ready. No call waits.
type race struct {
	sizes   []int
	contest measure.Contest
	entry   map[string][]int // the contest's numbers, by call and then as sizes
}

// newRace prepares a race over the last n of fds, for each n of sizes.
func newRace(bag *sock.Bag, fds []int, sizes []int) (*race, error) {
	r := &race{sizes: sizes, entry: map[string][]int{}}
	for _, n := range sizes {
		watched := fds[len(fds)-n:]
		ep, err := watchAll(bag, watched, unix.EPOLLIN)
		if err != nil {
			return nil, err
		}
		question := sock.NewFDSet(slices.Max(watched)+1, watched...)
		set := slices.Clone(question)
		array := sock.PollSet(unix.POLLIN, watched...)
		if err := onlyOneReady(set, array, ep); err != nil {
			return nil, err
		}
		times := max(1, 4000/n)
		r.add("select", times, func() { repeatSelect(times, set, question) })
		r.add("poll", times, func() { repeatPoll(times, array) })
		events := make([]unix.EpollEvent, 1)
		r.add("epoll_wait", 200, func() { repeatWait(200, ep, events) })
	}
	return r, nil
}

// onlyOneReady makes sure that the race is about what it says: each call reports one descriptor.
func onlyOneReady(set sock.FDSet, array []unix.PollFd, ep sock.Epoll) error {
	bySelect, err1 := sock.Select(len(set)*64, set, nil, nil, 0)
	byPoll, err2 := sock.Poll(array, 0)
	byEpoll, err3 := ep.Ready(len(array))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if bySelect != 1 || byPoll != 1 || len(byEpoll) != 1 {
		return check.Failf("one ready descriptor to be reported", "select reported %d, poll %d, epoll_wait %d", bySelect, byPoll, len(byEpoll))
	}
	return nil
}

func (r *race) add(call string, times int, body func()) {
	r.entry[call] = append(r.entry[call], r.contest.Add(times, body))
}

// costs gives the cost of the call for each of the sizes, in nanoseconds.
func (r *race) costs(call string) []float64 {
	all := r.contest.Costs()
	var out []float64
	for _, i := range r.entry[call] {
		out = append(out, all[i])
	}
	return out
}

// repeatSelect asks select the same question again and again; the set must be as long as the question.
func repeatSelect(times int, set, question sock.FDSet) {
	for range times {
		copy(set, question)
		_, _ = sock.SelectAt(len(set)*64, set.At(), nil, nil, &unix.Timespec{})
	}
}

// repeatWait asks an epoll instance again and again.
func repeatWait(times int, ep sock.Epoll, events []unix.EpollEvent) {
	for range times {
		_, _ = unix.EpollWait(int(ep), events, 0)
	}
}
