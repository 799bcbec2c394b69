//go:build linux

package steps

import (
	"slices"
	"unsafe"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

const epollEventSize = int(unsafe.Sizeof(unix.EpollEvent{}))

// noSharedMemory: events are copied out. It breaks when a fault goes unnoticed, when what could not be copied is lost or
// reported twice, or when the instance can be mapped.
func noSharedMemory(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var ep sock.Epoll
	var ready []int
	var n int
	var errno unix.Errno
	var copied []int

	sc.Given(`^an epoll instance with (\d+) events? to report, registered with EPOLLET$`, func(events int) (err error) {
		if ready, err = bag.Eventfds(events); err != nil {
			return err
		}
		for _, fd := range ready {
			if _, err := unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
				return err
			}
		}
		ep, err = watchAll(&bag, ready, unix.EPOLLIN|unix.EPOLLET)
		return err
	})
	wait := func(room, behind int) error {
		edge, err := sock.NewEdge(room*epollEventSize, behind*epollEventSize)
		if err != nil {
			return err
		}
		w.Cleanup(edge.Free)
		if err := edge.Protect(unix.PROT_READ); err != nil {
			return err
		}
		n, errno = waitAt(ep, edge.At(), room)
		for i := range max(0, n) {
			copied = append(copied, int(unsafe.Slice((*unix.EpollEvent)(edge.At()), room)[i].Fd))
		}
		return nil
	}
	sc.When(`^epoll_wait is given a buffer that can be read but not written$`, func() error { return wait(1, 1) })
	sc.When(`^epoll_wait is given room for (\d+) events of which the last (\d+) lie on a page that cannot be written$`, wait)
	sc.Then(`^epoll_wait fails with EFAULT$`, func() error {
		w.Note("epoll_wait %s", errnoName(errno))
		if errno != unix.EFAULT {
			return check.Failf("epoll_wait to write into the buffer, and so to fail with EFAULT", "it returned %d (errno %d)", n, errno)
		}
		return nil
	})
	sc.Then(`^the next wait with a sound buffer reports the event, and the one after it does not$`, func() error {
		return inTwoWaits(w, ep, ready, nil)
	})
	sc.Then(`^epoll_wait returns the (\d+) it could copy, and the next wait the other (\d+)$`, func(k, _ int) error {
		w.Note("epoll_wait returned %v", copied)
		if errno != 0 || !slices.Equal(copied, ready[:k]) {
			return check.Failf("what fits to be copied", "it returned %d (errno %d) with %v", n, errno, copied)
		}
		return inTwoWaits(w, ep, ready[k:], nil)
	})
	sc.Then(`^mapping its descriptor fails with ENODEV$`, func() error {
		m, err := unix.Mmap(int(ep), 0, unix.Getpagesize(), unix.PROT_READ, unix.MAP_SHARED)
		if err == nil {
			_ = unix.Munmap(m)
		}
		w.Note("mmap of an epoll instance: %v", err)
		if err != unix.ENODEV {
			return check.Failf("nothing to map in an epoll instance: ENODEV", "mmap: %v", err)
		}
		return nil
	})
}

// waitAt is the bare system call, epoll_pwait, into a buffer wherever the caller says. It does not wait.
func waitAt(ep sock.Epoll, buffer unsafe.Pointer, room int) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(buffer), uintptr(room), 0, 0, 0)
	return int(n), errno
}

// inTwoWaits makes two waits and compares what they report.
func inTwoWaits(w *World, ep sock.Epoll, first, second []int) error {
	a, err := ep.Ready(8)
	if err != nil {
		return err
	}
	b, err := ep.Ready(8)
	if err != nil {
		return err
	}
	w.Note("the next waits reported %v and %v", a, b)
	if !slices.Equal(a, first) || !slices.Equal(b, second) {
		return check.Failf("what was not delivered to be reported once more", "the next waits reported %v and %v, of %v", a, b, first)
	}
	return nil
}
