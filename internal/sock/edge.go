//go:build linux

package sock

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Edge is an argument for a system call that lies across a page boundary: its tail is on a page whose protection can be
// changed while the head stays readable and writable.
type Edge struct {
	memory Memory
	start  int // of the argument
	tail   int // of the page that carries its tail
}

// NewEdge makes room for size bytes of which the last tail lie behind the boundary.
func NewEdge(size, tail int) (*Edge, error) {
	page := unix.Getpagesize()
	whole := func(n int) int { return (n + page - 1) / page * page }
	m, err := NewMemory(whole(size-tail) + whole(tail))
	if err != nil {
		return nil, err
	}
	return &Edge{memory: m[: whole(size-tail)+tail : cap(m)], start: whole(size-tail) - (size - tail), tail: whole(size - tail)}, nil
}

// At is where the argument begins.
func (e *Edge) At() unsafe.Pointer { return unsafe.Pointer(&e.memory[e.start]) }

// Bytes is the argument's memory. Behind the boundary Go may touch it only as Protect allows.
func (e *Edge) Bytes() []byte { return e.memory[e.start:] }

// Protect sets what may be done with the tail: unix.PROT_NONE, PROT_READ, PROT_READ|PROT_WRITE.
func (e *Edge) Protect(prot int) error { return e.memory[e.tail:cap(e.memory)].Protect(prot) }

// Free unmaps the memory.
func (e *Edge) Free() { e.memory[:cap(e.memory)].Free() }
