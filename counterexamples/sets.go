//go:build linux

package counterexamples

import (
	"fmt"
	"os"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// epollSet is an epoll instance.
type epollSet struct {
	fd      int
	trigger uint32 // 0 for level, or edge
	events  []unix.EpollEvent
}

// edge makes an epollSet edge-triggered, for the client's end as well.
const edge = unix.EPOLLET | unix.EPOLLRDHUP

func levelEpoll() (set, error) { return makeEpoll(0) }

func edgeEpoll() (set, error) { return makeEpoll(edge) }

func makeEpoll(trigger uint32) (*epollSet, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &epollSet{fd, trigger, make([]unix.EpollEvent, 256)}, nil
}

func (s *epollSet) control(op, fd int, events uint32) error {
	event := unix.EpollEvent{Events: events | s.trigger, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(s.fd, op, fd, &event))
}

func (s *epollSet) watch(fd int) error { return s.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN) }

func (s *epollSet) rewatch(fd int, want server.Want) {
	events := uint32(unix.EPOLLIN)
	if want == server.Writable {
		events = unix.EPOLLOUT
	}
	_ = s.control(unix.EPOLL_CTL_MOD, fd, events) // cannot fail: the descriptor is in the set
}

func (s *epollSet) forget(fd int) { _ = s.control(unix.EPOLL_CTL_DEL, fd, 0) }

func (s *epollSet) wait() (ready []event, err error) {
	n, err := unix.EpollWait(s.fd, s.events, -1)
	if err == unix.EINTR {
		return nil, nil
	}
	for _, e := range s.events[:max(0, n)] {
		ready = append(ready, event{int(e.Fd), e.Events&unix.EPOLLRDHUP != 0})
	}
	return ready, os.NewSyscallError("epoll_wait", err)
}

func (s *epollSet) close() { server.CloseFD(s.fd) }

// pollSet is an array for poll.
type pollSet struct{ fds []unix.PollFd }

func (s *pollSet) watch(fd int) error {
	s.fds = append(s.fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	return nil
}

func (s *pollSet) at(fd int) int {
	for i := range s.fds {
		if s.fds[i].Fd == int32(fd) {
			return i
		}
	}
	return -1
}

func (s *pollSet) rewatch(fd int, want server.Want) {
	s.fds[s.at(fd)].Events = unix.POLLIN
	if want == server.Writable {
		s.fds[s.at(fd)].Events = unix.POLLOUT
	}
}

func (s *pollSet) forget(fd int) {
	hole, last := s.at(fd), len(s.fds)-1
	s.fds[hole], s.fds = s.fds[last], s.fds[:last]
}

func (s *pollSet) wait() (ready []event, err error) {
	_, err = unix.Ppoll(s.fds, nil, nil)
	if err == unix.EINTR {
		return nil, nil
	}
	for _, entry := range s.fds {
		if err == nil && entry.Revents != 0 {
			ready = append(ready, event{fd: int(entry.Fd)})
		}
	}
	return ready, os.NewSyscallError("ppoll", err)
}

func (s *pollSet) close() {}

// selectSet is the two sets of select, each of any size: the kernel takes as many bits as it is told there are.
type selectSet struct {
	read, write []uint64
	highest     int
}

func makeSelect(size int) *selectSet {
	return &selectSet{read: make([]uint64, size/64), write: make([]uint64, size/64)}
}

func (s *selectSet) watch(fd int) error {
	if fd/64 >= len(s.read) {
		return fmt.Errorf("select watches only descriptors below %d, and this is %d", len(s.read)*64, fd)
	}
	s.read[fd/64] |= 1 << (fd % 64)
	s.highest = max(s.highest, fd)
	return nil
}

func (s *selectSet) rewatch(fd int, want server.Want) {
	s.forget(fd)
	if want == server.Writable {
		s.write[fd/64] |= 1 << (fd % 64)
	} else {
		s.read[fd/64] |= 1 << (fd % 64)
	}
}

func (s *selectSet) forget(fd int) {
	if fd/64 < len(s.read) {
		s.read[fd/64] &^= 1 << (fd % 64)
		s.write[fd/64] &^= 1 << (fd % 64)
	}
}

func (s *selectSet) wait() (ready []event, err error) {
	return s.call(slices.Clone(s.read), slices.Clone(s.write), -1) // the kernel overwrites what it is given
}

// call overwrites read and write with what is ready, and gives that as a list too. A negative timeout waits for ever.
func (s *selectSet) call(read, write []uint64, timeout time.Duration) (ready []event, err error) {
	var until *unix.Timespec
	if timeout >= 0 {
		t := unix.NsecToTimespec(int64(timeout))
		until = &t
	}
	_, _, errno := unix.Syscall6(unix.SYS_PSELECT6, uintptr(s.highest+1), uintptr(unsafe.Pointer(&read[0])), uintptr(unsafe.Pointer(&write[0])), 0, uintptr(unsafe.Pointer(until)), 0)
	if errno == unix.EINTR {
		return nil, nil
	}
	if errno != 0 {
		return nil, os.NewSyscallError("pselect6", errno)
	}
	for fd := 0; fd <= s.highest; fd++ {
		if (read[fd/64]|write[fd/64])>>(fd%64)&1 == 1 {
			ready = append(ready, event{fd: fd})
		}
	}
	return ready, nil
}

func (s *selectSet) close() {}
