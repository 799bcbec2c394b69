//go:build linux

package steps

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
)

// registrations reads the interest list of an instance of this process, in the order in which the kernel lists it.
func registrations(ep sock.Epoll) ([]proc.Target, error) {
	info, err := proc.ReadFDInfo(os.Getpid(), int(ep))
	return info.Watched, err
}

func registered(list []proc.Target) []int {
	fds := make([]int, len(list))
	for i, t := range list {
		fds[i] = t.FD
	}
	return fds
}

// byFD gives the events asked for, descriptor by descriptor, without the two that the kernel always adds.
func byFD(list []proc.Target) map[int]uint32 {
	m := map[int]uint32{}
	for _, t := range list {
		m[t.FD] = t.Events &^ (unix.EPOLLERR | unix.EPOLLHUP)
	}
	return m
}

// interestList: the kernel keeps the set. It breaks when fdinfo and what was asked for differ by any registration.
func interestList(sc *godog.ScenarioContext, w *World) {
	i := &interest{w: w, want: map[int]uint32{}}
	w.Cleanup(i.bag.Close)
	sc.Given(`^an epoll instance with (\d+) registered sockets$`, i.register)
	sc.Then(`^its fdinfo lists exactly these (\d+)$`, i.lists)
	sc.When(`^one is deleted, one is changed to EPOLLOUT and one new socket is added$`, i.change)
	sc.Then(`^its fdinfo has lost the first, shows the second with its new events, lists the third, and is otherwise unchanged$`, func() error {
		return i.matches("each change to alter one registration")
	})
	sc.When(`^one of them gets something to read and the instance is waited on (\d+) times$`, i.wait)
	sc.Then(`^every wait reports that socket, and the fdinfo is the same as before$`, i.unchanged)
	interestTree(sc, w, &i.bag)
}

// interest is an instance and what was asked of it.
type interest struct {
	w         *World
	bag       sock.Bag
	ep        sock.Epoll
	far, near []int
	before    []proc.Target
	want      map[int]uint32 // events by descriptor
	missed    int            // waits that did not report what they should
}

func (i *interest) register(n int) (err error) {
	if i.far, i.near, err = pairs(&i.bag, n); err != nil {
		return err
	}
	for _, fd := range i.near {
		i.want[fd] = unix.EPOLLIN
	}
	if i.ep, err = watchAll(&i.bag, i.near, unix.EPOLLIN); err == nil {
		i.before, err = registrations(i.ep)
	}
	return err
}

func (i *interest) change() error {
	fresh, err := sock.Eventfd(0)
	if err != nil {
		return err
	}
	i.bag.Add(fresh)
	gone, changed := i.near[7], i.near[11]
	delete(i.want, gone)
	i.want[changed], i.want[fresh] = unix.EPOLLOUT, unix.EPOLLIN
	return errors.Join(i.ep.Del(gone), i.ep.Mod(changed, unix.EPOLLOUT), i.ep.Add(fresh, unix.EPOLLIN))
}

func (i *interest) matches(what string) error {
	now, err := registrations(i.ep)
	if err != nil {
		return err
	}
	i.w.Note("fdinfo lists %d registrations", len(now))
	if !maps.Equal(byFD(now), i.want) || len(now) != len(i.want) {
		return check.Failf(what, "asked for %v, listed %v", i.want, now)
	}
	return nil
}

func (i *interest) lists(n int) error {
	if len(i.want) != n {
		return check.Failf(fmt.Sprintf("%d registrations", n), "%d were made", len(i.want))
	}
	return i.matches("fdinfo to list what was registered")
}

func (i *interest) wait(times int) error {
	if _, err := unix.Write(i.far[3], []byte("x")); err != nil {
		return err
	}
	for range times {
		got, err := i.ep.Ready(10)
		if err != nil {
			return err
		}
		if !slices.Equal(got, i.near[3:4]) {
			i.missed++
		}
	}
	return nil
}

func (i *interest) unchanged() error {
	after, err := registrations(i.ep)
	if err != nil {
		return err
	}
	i.w.Note("%d waits missed it, %d registrations before and %d after", i.missed, len(i.before), len(after))
	if i.missed != 0 || !slices.Equal(i.before, after) {
		return check.Failf("a report from every wait and an unchanged interest list", "%d waits without it, before %v, after %v", i.missed, i.before, after)
	}
	return nil
}

// interestTree: duplicates of one file are listed by number. It breaks when the kernel lists them in the order of their
// registration, or in any other; a shuffle that happens to be sorted would prove nothing and is refused.
func interestTree(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var ep sock.Epoll
	var members []int

	sc.Given(`^(\d+) duplicates of one socket, added to an epoll instance in shuffled order$`, func(n int) error {
		_, near, err := bag.Pair()
		if err != nil {
			return err
		}
		for range n {
			fd, err := unix.FcntlInt(uintptr(near), unix.F_DUPFD_CLOEXEC, 0)
			if err != nil {
				return fmt.Errorf("duplicate a socket: %w", err)
			}
			bag.Add(fd)
			members = append(members, fd)
		}
		rand.Shuffle(n, func(i, j int) { members[i], members[j] = members[j], members[i] })
		if slices.IsSorted(members) {
			return fmt.Errorf("%d descriptors came out of the shuffle sorted", n)
		}
		w.Note("added in the order %v …", members[:8])
		ep, err = watchAll(bag, members, unix.EPOLLIN)
		return err
	})
	sc.When(`^(\d+) of them, chosen at random, are deleted and half of those are added again$`, func(n int) error {
		gone := slices.Clone(members[:n])
		for _, fd := range gone {
			if err := ep.Del(fd); err != nil {
				return err
			}
		}
		for _, fd := range gone[:n/2] {
			if err := ep.Add(fd, unix.EPOLLIN); err != nil {
				return err
			}
		}
		members = append(gone[:n/2], members[n:]...)
		return nil
	})
	inOrder := func() error {
		list, err := registrations(ep)
		if err != nil {
			return err
		}
		got := registered(list)
		w.Note("fdinfo lists %d: %v …", len(got), got[:min(8, len(got))])
		if !slices.Equal(got, slices.Sorted(slices.Values(members))) {
			return check.Failf("the registrations in ascending order", "%v", got)
		}
		return nil
	}
	sc.Then(`^its fdinfo lists them in ascending order$`, inOrder)
	sc.Then(`^its fdinfo lists the (\d+) that are left in ascending order$`, func(n int) error {
		if len(members) != n {
			return fmt.Errorf("the scenario speaks of %d members, there are %d", n, len(members))
		}
		return inOrder()
	})
}
