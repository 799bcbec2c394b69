//go:build linux

package steps

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/sock"
)

// rotation gives some of the descriptors each time, the next ones, so that in the end all have had their turn.
func rotation(fds []int, some int) func() []int {
	at := 0
	return func() []int {
		if at+some > len(fds) {
			at = 0
		}
		at += some
		return fds[at-some : at]
	}
}

// serveRound lets each client send a byte and serves it before the next one does: find who is ready, read.
func serveRound(far []int, find func() int) {
	buf := make([]byte, 1)
	for _, fd := range far {
		_, _ = unix.Write(fd, buf)
		_, _ = unix.Read(find(), buf)
	}
}

// selectFinder gives the one of fds that is ready, by select.
func selectFinder(fds []int) func() int {
	question := sock.NewFDSet(slices.Max(fds)+1, fds...)
	set := slices.Clone(question)
	return func() int {
		repeatSelect(1, set, question)
		return set.List()[0]
	}
}

// pollFinder gives the one of fds that is ready, by poll.
func pollFinder(fds []int) func() int {
	array := sock.PollSet(unix.POLLIN, fds...)
	return func() int {
		repeatPoll(1, array)
		i := slices.IndexFunc(array, func(p unix.PollFd) bool { return p.Revents != 0 })
		return int(array[i].Fd)
	}
}

// epollFinder gives the one that the instance reports.
func epollFinder(ep sock.Epoll) func() int {
	events := make([]unix.EpollEvent, 1)
	return func() int {
		repeatWait(1, ep, events)
		return int(events[0].Fd)
	}
}
