//go:build linux

package sock

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PollSet makes the array that asks poll about fds, all for the same events.
func PollSet(events int16, fds ...int) []unix.PollFd {
	set := make([]unix.PollFd, len(fds))
	for i, fd := range fds {
		set[i] = unix.PollFd{Fd: int32(fd), Events: events}
	}
	return set
}

// Poll waits until entries of set are ready and returns how many; their Revents are filled in. A negative timeout waits
// for ever, 0 does not wait.
func Poll(set []unix.PollFd, timeout time.Duration) (int, error) {
	n, err := patiently(timeout, func(ms int) (int, error) { return unix.Poll(set, ms) })
	if err != nil {
		return n, fmt.Errorf("poll of %d entries: %w", len(set), err)
	}
	return n, nil
}

// PollAt is the bare system call, ppoll without a signal mask: the array lies wherever the caller says, also where it
// cannot be read or written.
func PollAt(set unsafe.Pointer, nfds int, timeout *unix.Timespec) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_PPOLL, uintptr(set), uintptr(nfds), uintptr(unsafe.Pointer(timeout)), 0, 0, 0)
	return int(n), errno
}
