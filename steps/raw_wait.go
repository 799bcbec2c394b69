//go:build linux

package steps

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/sock"
)

// rawEpollWait is the bare system call that sleeps until there is an event; it may say EINTR. It is epoll_pwait, which
// every architecture has and which glibc's epoll_wait is on most of them.
func rawEpollWait(ep sock.Epoll, events []unix.EpollEvent) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), ^uintptr(0), 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}

// rawPoll is the bare system call, ppoll, that sleeps until fd is readable; it may say EINTR.
func rawPoll(fd int) (int, error) {
	set := sock.PollSet(unix.POLLIN, fd)
	n, errno := sock.PollAt(unsafe.Pointer(&set[0]), 1, nil)
	if errno != 0 {
		return -1, errno
	}
	return n, nil
}
