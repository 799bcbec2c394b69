//go:build linux

package epoll

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	maxEvents      = 1024 // events that one wait brings; what is ready beyond that comes with the next
	acceptsPerTurn = 128  // new clients taken between two waits
	readsPerTurn   = 4    // reads of one connection between two waits, in edge mode

	// What edge mode asks for, once: every change. EPOLLRDHUP tells of the client's end, which a read that does not
	// fill the buffer leaves unread.
	connectionEvents = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET
	listenerEvents   = unix.EPOLLIN | unix.EPOLLET
)

// create makes an epoll instance.
func create() (epfd int, err error) {
	epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return epfd, os.NewSyscallError("epoll_create1", err)
}

// wait waits for at least one event, for ever if timeout is negative. It may block, so the scheduler is told (Syscall).
func wait(epfd int, events []unix.EpollEvent, timeout time.Duration) (n int, err unix.Errno) {
	ms := -1
	if timeout >= 0 {
		ms = int((timeout + time.Millisecond - 1) / time.Millisecond) // rounded up: waking early would be for nothing
	}
	for {
		r, _, err := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(epfd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(ms), 0, 0)
		if err == 0 {
			return int(r), 0
		}
		if err != unix.EINTR { // a signal, of the Go runtime or another: wait on
			return 0, err
		}
	}
}

// control changes the set. The event carries the descriptor, which is enough to find its connection.
func control(epfd, op, fd int, events uint32) unix.Errno {
	event := unix.EpollEvent{Events: events, Fd: int32(fd)}
	_, _, err := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(epfd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
	return err
}
