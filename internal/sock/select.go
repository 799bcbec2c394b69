//go:build linux

package sock

import (
	"fmt"
	"math/bits"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// FDSet is a set of descriptors as select's system call takes it: bit fd%64 of word fd/64. Unlike the C library's
// fd_set, which ends at 1023, it is as long as it was made.
type FDSet []uint64

// NewFDSet makes a set with room for the descriptors 0 … n-1, holding fds.
func NewFDSet(n int, fds ...int) FDSet {
	s := make(FDSet, (n+63)/64)
	s.Add(fds...)
	return s
}

// Add puts descriptors into the set.
func (s FDSet) Add(fds ...int) {
	for _, fd := range fds {
		s[fd/64] |= 1 << (fd % 64)
	}
}

// Has reports whether fd is in the set.
func (s FDSet) Has(fd int) bool { return fd/64 < len(s) && s[fd/64]&(1<<(fd%64)) != 0 }

// List gives the members in ascending order. It looks at every bit: this is the scan in user space.
func (s FDSet) List() []int {
	var fds []int
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			fds = append(fds, i*64+bits.TrailingZeros64(word))
		}
	}
	return fds
}

// Select makes the system call behind select, pselect6, on the descriptors 0 … nfds-1: each set is overwritten with its
// ready members. It returns how many bits are left in all. A nil set is not watched; a negative timeout waits for ever.
func Select(nfds int, read, write, except FDSet, timeout time.Duration) (int, error) {
	in := [3]FDSet{append(FDSet(nil), read...), append(FDSet(nil), write...), append(FDSet(nil), except...)}
	n, err := patiently(timeout, func(ms int) (int, error) {
		copy(read, in[0]) // an interrupted call may have written
		copy(write, in[1])
		copy(except, in[2])
		var ts *unix.Timespec
		if ms >= 0 {
			t := unix.NsecToTimespec(int64(ms) * int64(time.Millisecond))
			ts = &t
		}
		n, errno := SelectAt(nfds, read.At(), write.At(), except.At(), ts)
		if errno != 0 {
			return -1, errno
		}
		return n, nil
	})
	runtime.KeepAlive([]FDSet{read, write, except})
	if err != nil {
		return n, fmt.Errorf("pselect6 of %d descriptors: %w", nfds, err)
	}
	return n, nil
}

// At is the address of the set, for SelectAt.
func (s FDSet) At() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

// SelectAt is the bare system call: the sets lie wherever the caller says, also where they cannot be read or written.
func SelectAt(nfds int, read, write, except unsafe.Pointer, timeout *unix.Timespec) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_PSELECT6, uintptr(nfds), uintptr(read), uintptr(write), uintptr(except),
		uintptr(unsafe.Pointer(timeout)), 0)
	return int(n), errno
}
