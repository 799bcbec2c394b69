//go:build linux

package sock

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Epoll is the descriptor of an epoll instance. A registration's user data is the descriptor's number.
type Epoll int

// NewEpoll makes an epoll instance.
func NewEpoll() (Epoll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("epoll_create1: %w%s", err, limitHint(err))
	}
	return Epoll(fd), nil
}

// Add registers fd for events: EPOLLIN and its kin, EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE.
func (ep Epoll) Add(fd int, events uint32) error {
	return ep.ctl("ADD", unix.EPOLL_CTL_ADD, fd, events)
}

// Mod changes what fd is registered for.
func (ep Epoll) Mod(fd int, events uint32) error {
	return ep.ctl("MOD", unix.EPOLL_CTL_MOD, fd, events)
}

// Del ends the registration of fd.
func (ep Epoll) Del(fd int) error { return ep.ctl("DEL", unix.EPOLL_CTL_DEL, fd, 0) }

func (ep Epoll) ctl(name string, op, fd int, events uint32) error {
	if err := unix.EpollCtl(int(ep), op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("epoll_ctl %s of descriptor %d: %w", name, fd, err)
	}
	return nil
}

// Wait waits for at most limit events and gives those that came: none after the timeout. A negative timeout waits for
// ever, 0 does not wait.
func (ep Epoll) Wait(limit int, timeout time.Duration) ([]unix.EpollEvent, error) {
	events := make([]unix.EpollEvent, limit)
	n, err := patiently(timeout, func(ms int) (int, error) { return unix.EpollWait(int(ep), events, ms) })
	if err != nil {
		return nil, fmt.Errorf("epoll_wait: %w", err)
	}
	return events[:n], nil
}

// Ready gives the descriptors that one wait reports without waiting, at most limit.
func (ep Epoll) Ready(limit int) ([]int, error) {
	events, err := ep.Wait(limit, 0)
	fds := make([]int, len(events))
	for i, e := range events {
		fds[i] = int(e.Fd)
	}
	return fds, err
}

// patiently repeats an interrupted wait with what is left of its timeout; negative is for ever.
func patiently(timeout time.Duration, wait func(ms int) (int, error)) (int, error) {
	deadline := time.Now().Add(timeout)
	for left := timeout; ; left = max(0, time.Until(deadline)) {
		ms := int((left + time.Millisecond - 1) / time.Millisecond)
		if timeout < 0 {
			ms = -1
		}
		n, err := wait(ms)
		if err != unix.EINTR {
			return n, err
		}
	}
}
