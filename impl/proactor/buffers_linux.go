package proactor

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// buffers are given to the kernel before anything has come: when something does, the kernel takes the next of them for
// it, and the completion says which. So one set serves all connections, and an idle connection has none.
//
// There are two ways. Since Linux 6.12 a buffer may be large and is consumed bit by bit: a small message takes little of
// it, and a large one comes in one piece. Before that, a message takes a whole buffer, so they are smaller and more.
//
// The memory is not Go's, since the kernel writes to it at any time.
type buffers struct {
	ring, memory []byte
	entries      []bufferEntry
	size         int
	tail         uint16
	used         []int // of each buffer: how much of it was filled
	lent         int   // the buffer that is to be given back, or -1
}

const (
	group         = 0       // the number of our only set of buffers
	allBuffers    = 1 << 18 // bytes of all of them: the most that one connection can say, and others wait, in a turn
	wholeSize     = 4 << 10 // of a buffer that is taken as a whole
	mostOfBuffers = 1 << 9
)

// newBuffers gives a set of buffers to the ring, each for a read of at most readSize bytes; 0 means any.
func newBuffers(r *ring, readSize int) (*buffers, error) {
	if readSize <= 0 || readSize >= server.BufferSize {
		b, err := register(r, server.BufferSize, buffersInc)
		if err != unix.EINVAL {
			return b, refused(err)
		}
		readSize = wholeSize
	}
	b, err := register(r, readSize, 0)
	return b, refused(err)
}

func refused(err unix.Errno) error {
	if err == 0 {
		return nil
	}
	return &Unavailable{"io_uring_register", err}
}

// register maps and registers the buffers, as many as fit, and gives them all to the kernel.
func register(r *ring, size int, flags uint16) (*buffers, unix.Errno) {
	n := mostOfBuffers
	for n*size > allBuffers && n > 1 {
		n /= 2
	}
	b := &buffers{size: size, used: make([]int, n), lent: -1}
	var err error
	if b.ring, err = anonymous(n * int(unsafe.Sizeof(bufferEntry{}))); err != nil {
		return nil, unix.ENOMEM
	}
	if b.memory, err = anonymous(n * size); err != nil {
		b.close()
		return nil, unix.ENOMEM
	}
	b.entries = unsafe.Slice((*bufferEntry)(unsafe.Pointer(&b.ring[0])), n)
	what := bufferRing{addr: uint64(uintptr(unsafe.Pointer(&b.ring[0]))), entries: uint32(n), group: group, flags: flags}
	if err := r.register(registerBuffers, unsafe.Pointer(&what), 1); err != 0 {
		b.close()
		return nil, err
	}
	for id := range n {
		b.give(id)
	}
	return b, 0
}

func anonymous(size int) ([]byte, error) {
	return unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
}

func (b *buffers) close() {
	for _, memory := range [][]byte{b.ring, b.memory} {
		if memory != nil {
			_ = unix.Munmap(memory)
		}
	}
}

// take finds what a completion says was received. If the buffer is used up, it goes back to the kernel with the next
// call.
func (b *buffers) take(c completionEntry) []byte {
	b.giveBack()
	if c.flags&completionBuffer == 0 {
		return nil
	}
	id := int(c.flags >> 16)
	at := id*b.size + b.used[id]
	if b.used[id] += int(max(c.result, 0)); c.flags&completionBufferMore == 0 {
		b.lent = id
	}
	return b.memory[at : at+int(max(c.result, 0))]
}

// giveBack gives the buffer back whose contents nobody needs any more.
func (b *buffers) giveBack() {
	if b.lent >= 0 {
		b.give(b.lent)
		b.lent = -1
	}
}

// give adds a buffer to those that the kernel may take. It is announced by the ring's tail, which is 16 bits; Go stores 32
// at least, so the number of the first buffer, which stands beside it, is stored along.
func (b *buffers) give(id int) {
	b.used[id] = 0
	e := &b.entries[int(b.tail)&(len(b.entries)-1)]
	e.addr, e.size, e.id = uint64(uintptr(unsafe.Pointer(&b.memory[id*b.size]))), uint32(b.size), uint16(id)
	b.tail++
	first := &b.entries[0]
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&first.id)), uint32(first.id)|uint32(b.tail)<<16)
}
