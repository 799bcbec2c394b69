//go:build linux

package sock

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Memory is memory of its own pages, whose protection can be changed: what a system call meets when a pointer leads to
// a place that cannot be read, or not be written.
type Memory []byte

// NewMemory maps at least size bytes, readable and writable, zeroed. Free gives them back.
func NewMemory(size int) (Memory, error) {
	m, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("mmap of %d bytes: %w", size, err)
	}
	return m, nil
}

// Protect sets what may be done with the memory: unix.PROT_NONE, PROT_READ, PROT_READ|PROT_WRITE. Touching it against
// that from Go is a fault that ends the program.
func (m Memory) Protect(prot int) error {
	if err := unix.Mprotect(m, prot); err != nil {
		return fmt.Errorf("mprotect: %w", err)
	}
	return nil
}

// At is the address of the memory.
func (m Memory) At() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(m)) }

// Free unmaps the memory.
func (m Memory) Free() { _ = unix.Munmap(m) }
