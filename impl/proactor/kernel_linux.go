package proactor

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// kernel is the operation processor of proactor/uring: the kernel performs the operations, and the ring is how they get
// there and back.
type kernel struct {
	outbox
	ring    *ring
	buffers *buffers
	word    *[8]byte // what is read from the eventfd: the word to stop
}

// newKernel sets up the ring. Its error is an *Unavailable.
func newKernel(cfg server.Config, modes []uint32) (*kernel, error) {
	ring, err := newRing(modes)
	if err != nil {
		return nil, err
	}
	if ok, err := ring.knows(opSendZC); !ok {
		ring.close()
		if err == nil {
			err = &Unavailable{"io_uring_register", errTooOld}
		}
		return nil, err
	}
	buffers, err := newBuffers(ring, cfg.ReadSize)
	if err != nil {
		ring.close()
		return nil, err
	}
	return &kernel{ring: ring, buffers: buffers, word: new([8]byte)}, nil
}

// start writes a submission entry. It is submitted with the next wait, with all others: that is one call for many
// operations.
//
// A reply is in Go's memory. The kernel has its address, and Go's collector does not see that; but the connection holds
// the reply until it is sent, and the collector does not move what is on the heap.
func (k *kernel) start(op operation, fd int, p []byte) {
	if op == part || op == deafen || op == sever {
		k.shut(op, fd)
		return
	}
	e := k.ring.add()
	e.fd, e.data = int32(fd), tag(op, fd)
	switch op {
	case accept:
		e.op, e.priority, e.opFlags = opAccept, acceptMultishot, unix.SOCK_CLOEXEC
	case receive:
		e.op, e.priority, e.flags, e.bufferGroup = opReceive, receiveMultishot, chooseBuffer, group
	case send:
		e.op, e.opFlags = opSend, unix.MSG_NOSIGNAL
		e.addr, e.size = address(p), uint32(len(p))
	case stop:
		e.op = opRead
		e.addr, e.size = address(k.word[:]), uint32(len(k.word))
	case cancel:
		e.op, e.fd, e.addr = opCancel, -1, tag(receive, fd)
	}
}

// tag is what comes back with a completion: enough to find the connection, and what was done.
func tag(op operation, fd int) uint64 { return uint64(op)<<32 | uint64(uint32(fd)) }

func address(p []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))) }

// wait submits and waits, in one call. Now also the buffers are given back that the last completion was in.
func (k *kernel) wait(timeout time.Duration) error {
	k.buffers.giveBack()
	if k.done.len() > 0 {
		timeout = 0
	}
	if err := k.ring.wait(timeout); err != 0 {
		return server.Fatal("io_uring_enter", err)
	}
	return nil
}

// next takes a completion from the ring. The data are where the kernel has put them.
func (k *kernel) next() (c completion, ok bool) {
	if c, ok = k.done.take(); ok {
		return c, true
	}
	e, ok := k.ring.next()
	if !ok {
		return c, false
	}
	c = completion{op: operation(e.data >> 32), fd: int(int32(e.data)), more: e.flags&completionMore != 0}
	if e.result < 0 {
		c.err = unix.Errno(-e.result)
	} else {
		c.n = int(e.result)
	}
	if c.op == receive {
		c.data = k.buffers.take(e)
	}
	return c, true
}

// close frees the ring first: then the kernel uses the buffers no more.
func (k *kernel) close() {
	k.ring.close()
	k.buffers.close()
}
