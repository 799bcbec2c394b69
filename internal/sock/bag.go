//go:build linux

package sock

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Close closes descriptors; negative ones are passed over.
func Close(fds ...int) {
	for _, fd := range fds {
		if fd >= 0 {
			_ = unix.Close(fd) // on Linux the descriptor is gone whatever close says
		}
	}
}

// Bag holds descriptors that are closed together, each once. The zero Bag is empty.
type Bag struct{ fds []int }

// Add puts descriptors into the bag.
func (b *Bag) Add(fds ...int) { b.fds = append(b.fds, fds...) }

// Close closes what is in the bag and empties it.
func (b *Bag) Close() {
	Close(b.fds...)
	b.fds = nil
}

// Drop closes one descriptor of the bag now.
func (b *Bag) Drop(fd int) {
	for i, have := range b.fds {
		if have == fd {
			Close(fd)
			b.fds = append(b.fds[:i], b.fds[i+1:]...)
			return
		}
	}
}

// Pair is the function Pair, its ends kept in the bag.
func (b *Bag) Pair() (x, y int, err error) {
	x, y, err = Pair()
	return x, y, b.keep(err, x, y)
}

// TCPPair is the function TCPPair, its ends kept in the bag.
func (b *Bag) TCPPair() (client, server int, err error) {
	client, server, err = TCPPair()
	return client, server, b.keep(err, client, server)
}

// Eventfds gives n event counters, kept in the bag.
func (b *Bag) Eventfds(n int) ([]int, error) {
	fds := make([]int, 0, n)
	for range n {
		fd, err := Eventfd(0)
		if b.keep(err, fd) != nil {
			return nil, err
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

// Epoll gives a new epoll instance, kept in the bag.
func (b *Bag) Epoll() (Epoll, error) {
	ep, err := NewEpoll()
	return ep, b.keep(err, int(ep))
}

// DupAt duplicates fd to exactly the number at, which must be free, and keeps the duplicate in the bag. EBADF means
// that the process's descriptor limit does not reach that far.
func (b *Bag) DupAt(fd, at int) error {
	got, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, at)
	if err != nil {
		return fmt.Errorf("duplicate descriptor %d to %d: %w (is ulimit -n above %d?)", fd, at, err, at)
	}
	if got != at {
		Close(got)
		return fmt.Errorf("duplicate descriptor %d to %d: that number is in use", fd, at)
	}
	b.Add(at)
	return nil
}

func (b *Bag) keep(err error, fds ...int) error {
	if err == nil {
		b.Add(fds...)
	}
	return err
}
