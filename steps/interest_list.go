package steps

import (
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
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var ep sock.Epoll
	var far, near []int
	var before []proc.Target
	want := map[int]uint32{}
	reported := 0

	compare := func(what string) error {
		now, err := registrations(ep)
		if err != nil {
			return err
		}
		w.Note("fdinfo lists %d registrations", len(now))
		if !maps.Equal(byFD(now), want) || len(now) != len(want) {
			return check.Failf(what, "asked for %v, listed %v", want, now)
		}
		return nil
	}
	sc.Given(`^an epoll instance with (\d+) registered sockets$`, func(n int) (err error) {
		if far, near, err = pairs(&bag, n); err != nil {
			return err
		}
		for _, fd := range near {
			want[fd] = unix.EPOLLIN
		}
		if ep, err = watchAll(&bag, near, unix.EPOLLIN); err == nil {
			before, err = registrations(ep)
		}
		return err
	})
	sc.Then(`^its fdinfo lists exactly these (\d+)$`, func(int) error {
		return compare("fdinfo to list what was registered")
	})
	sc.When(`^one is deleted, one is changed to EPOLLOUT and one new socket is added$`, func() error {
		fresh, err := sock.Eventfd(0)
		if err != nil {
			return err
		}
		bag.Add(fresh)
		delete(want, near[7])
		want[near[11]], want[fresh] = unix.EPOLLOUT, unix.EPOLLIN
		return firstError(ep.Del(near[7]), ep.Mod(near[11], unix.EPOLLOUT), ep.Add(fresh, unix.EPOLLIN))
	})
	sc.Then(`^its fdinfo has lost the first, shows the second with its new events, lists the third, and is otherwise unchanged$`, func() error {
		return compare("each change to alter one registration")
	})
	sc.When(`^one of them gets something to read and the instance is waited on (\d+) times$`, func(times int) error {
		if _, err := unix.Write(far[3], []byte("x")); err != nil {
			return err
		}
		for range times {
			got, err := ep.Ready(10)
			if err != nil {
				return err
			}
			if slices.Equal(got, near[3:4]) {
				reported++
			}
		}
		return nil
	})
	sc.Then(`^every wait reports that socket, and the fdinfo is the same as before$`, func() error {
		after, err := registrations(ep)
		if err != nil {
			return err
		}
		w.Note("%d waits reported it, %d registrations before and %d after", reported, len(before), len(after))
		if reported != 3 || !slices.Equal(before, after) {
			return check.Failf("3 reports and an unchanged interest list", "%d reports, before %v, after %v", reported, before, after)
		}
		return nil
	})
	interestTree(sc, w, &bag)
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

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
