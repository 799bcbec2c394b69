//go:build linux

package reactor

import (
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// An Inbox brings things from other threads to a reactor's: a list under a mutex, and an eventfd that wakes the reactor.
// The mutex is held for an append or a swap, never during a system call.
type Inbox[T any] struct {
	fd     int // eventfd, readable when there is something in it
	mu     sync.Mutex
	items  []T
	closed bool
	spare  []T // the receiver's: the list that it emptied last
}

// NewInbox makes an empty one.
func NewInbox[T any]() (*Inbox[T], error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("eventfd2", err)
	}
	return &Inbox[T]{fd: fd}, nil
}

// Put adds an item. Only the first wakes the receiver, which takes them all.
func (b *Inbox[T]) Put(item T) {
	b.mu.Lock()
	first := len(b.items) == 0
	b.items = append(b.items, item)
	b.mu.Unlock()
	if first {
		wake(b.fd)
	}
}

// Close tells the receiver that nothing more comes.
func (b *Inbox[T]) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	wake(b.fd)
}

// wake makes an eventfd readable.
func wake(eventfd int) {
	one := uint64(1)
	_, _, _ = unix.RawSyscall(unix.SYS_WRITE, uintptr(eventfd), uintptr(unsafe.Pointer(&one)), 8) // fails after 2^64-2 of them
}

// TakeAll takes what is there; closed says that nothing more comes. It is for the receiving thread, when the eventfd is
// readable. The list is valid until the next call.
//
// The eventfd is read before the list is taken: what is put in between wakes the receiver again.
func (b *Inbox[T]) TakeAll() (items []T, closed bool) {
	var count uint64
	_, _, _ = unix.RawSyscall(unix.SYS_READ, uintptr(b.fd), uintptr(unsafe.Pointer(&count)), 8)
	clear(b.spare)
	b.mu.Lock()
	defer b.mu.Unlock()
	items, b.items = b.items, b.spare[:0]
	b.spare = items
	return items, b.closed
}

// Free closes the eventfd, when nobody will wake the receiver any more.
func (b *Inbox[T]) Free() { server.CloseFD(b.fd) }
