//go:build linux

package steps

import (
	"errors"
	"fmt"
	"os"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// refusedFilesSteps defines the steps of refused.feature.
func refusedFilesSteps(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	var answer error
	var empty int
	sc.When(`^(a regular file|a directory|a pipe|a listening socket|an eventfd|a timerfd|another instance|the instance itself|a closed descriptor|/[a-z/]+) is registered with an epoll instance for EPOLLIN$`, func(file string) error {
		w.Cleanup(bag.Close)
		ep, err := bag.Epoll()
		if err != nil {
			return err
		}
		fd, err := openFile(file, ep, &bag)
		if err != nil {
			return err
		}
		answer = ep.Add(fd, unix.EPOLLIN)
		return nil
	})
	sc.Then(`^epoll_ctl says (yes|EPERM|EINVAL|EBADF)$`, func(want string) error {
		wanted := map[string]error{"yes": nil, "EPERM": unix.EPERM, "EINVAL": unix.EINVAL, "EBADF": unix.EBADF}[want]
		if !errors.Is(answer, wanted) {
			return check.Failf(want, "%v", answer)
		}
		return nil
	})
	sc.Given(`^an empty regular file$`, func() (err error) {
		w.Cleanup(bag.Close)
		empty, err = openRegular(&bag)
		return err
	})
	sc.Then(`^select and poll both report that it can be read and written$`, func() error {
		read, write := sock.NewFDSet(empty+1, empty), sock.NewFDSet(empty+1, empty)
		if _, err := sock.Select(empty+1, read, write, nil, 0); err != nil {
			return err
		}
		set := sock.PollSet(unix.POLLIN|unix.POLLOUT, empty)
		if _, err := sock.Poll(set, 0); err != nil {
			return err
		}
		if !read.Has(empty) || !write.Has(empty) || set[0].Revents != unix.POLLIN|unix.POLLOUT {
			return check.Failf("readable and writable by both", "select: readable %t, writable %t; poll: revents %#x", read.Has(empty), write.Has(empty), set[0].Revents)
		}
		return nil
	})
}

// openFile opens what an example names.
func openFile(what string, ep sock.Epoll, bag *sock.Bag) (fd int, err error) {
	switch what {
	case "a regular file":
		return openRegular(bag)
	case "a directory":
		what = "/"
	case "a pipe":
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			return -1, fmt.Errorf("pipe: %w", err)
		}
		bag.Add(ends[:]...)
		return ends[0], nil
	case "a listening socket":
		l, err := sock.Listen(1)
		if err != nil {
			return -1, err
		}
		bag.Add(l.FD)
		return l.FD, nil
	case "an eventfd":
		fds, err := bag.Eventfds(1)
		if err != nil {
			return -1, err
		}
		return fds[0], nil
	case "a timerfd":
		fd, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
		bag.Add(fd)
		return fd, err
	case "another instance":
		other, err := bag.Epoll()
		return int(other), err
	case "the instance itself":
		return int(ep), nil
	case "a closed descriptor":
		fd, err := unix.FcntlInt(uintptr(ep), unix.F_DUPFD_CLOEXEC, 500) // far from the numbers that others open meanwhile
		sock.Close(fd)
		return fd, err
	}
	if fd, err = unix.Open(what, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return -1, fmt.Errorf("open %s: %w", what, err)
	}
	bag.Add(fd)
	return fd, nil
}

// openRegular opens a new, empty file that has no name any more.
func openRegular(bag *sock.Bag) (int, error) {
	f, err := os.CreateTemp("", "iospec-regular")
	if err != nil {
		return -1, fmt.Errorf("make a regular file: %w", err)
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return -1, fmt.Errorf("remove a regular file: %w", err)
	}
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("duplicate a descriptor: %w", err)
	}
	bag.Add(fd)
	return fd, nil
}
