//go:build linux

// Package arrival waits until what one end of a TCP connection did has reached the other end.
//
// Over loopback a segment is mostly delivered before send returns, but a busy kernel leaves it to ksoftirqd. Who asserts
// that an epoll instance does not report something must know that there was something to report. getsockopt(TCP_INFO)
// takes the socket's lock, under which a segment is delivered and its waiters are called: so when it shows the segment,
// the callbacks have run.
package arrival

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/await"
)

// Bytes waits until fd has received n bytes, or more, since it was connected, whether they were read or not.
func Bytes(fd int, n int64) error {
	return until(fmt.Sprintf("%d bytes", n), fd, func(i *unix.TCPInfo) bool { return int64(i.Bytes_received) >= n })
}

// Acknowledged waits until fd knows that all it has written has arrived at the other end.
func Acknowledged(fd int) error {
	return until("the acknowledgement of all bytes", fd, func(i *unix.TCPInfo) bool { return i.Unacked == 0 && i.Notsent_bytes == 0 })
}

// The states of tcp(7) that tell of the other end's doing; the kernel numbers them in include/net/tcp_states.h.
const (
	stateClose     = 7
	stateCloseWait = 8
)

// Close waits until the other end's close or shutdown has reached fd, whose own sending side is open.
func Close(fd int) error {
	return until("the other end's close", fd, func(i *unix.TCPInfo) bool { return i.State == stateCloseWait })
}

// Reset waits until the other end's reset has reached fd.
func Reset(fd int) error {
	return until("the other end's reset", fd, func(i *unix.TCPInfo) bool { return i.State == stateClose })
}

func until(what string, fd int, condition func(*unix.TCPInfo) bool) error {
	return await.Until(fmt.Sprintf("%s at descriptor %d", what, fd), func() (bool, error) {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return false, fmt.Errorf("getsockopt TCP_INFO: %w", err)
		}
		return condition(info), nil
	})
}
