//go:build linux

package counterexamples

import (
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/uring"
)

// onRing is a processor that leaves the operations to the kernel, by way of io_uring. Its parts are variables, so that a
// counterexample can put something wrong in the place of one.
type onRing struct {
	ring    *uring.Ring
	buffers map[int][]byte // where to receive, by descriptor
	unsent  map[int][]byte
	ready   []done // is told of without a completion

	start  func(op operation, fd int)
	finish func(op operation, fd int, c uring.Completion) // a completion of what was started
}

// completes runs a Proactor on io_uring, spoilt. Its error is an uring.ErrUnavailable where the machine offers none.
func completes(spoil func(*onRing)) func(*server.Door) (processor, error) {
	return func(door *server.Door) (processor, error) {
		r, err := uring.New(0)
		if err != nil {
			return nil, err
		}
		o := &onRing{ring: r, buffers: map[int][]byte{}, unsent: map[int][]byte{}}
		o.start, o.finish = o.submit, o.tell
		r.Poll(door.Stop, unix.POLLIN, tagOf(told, 0))
		if err := blocks(door.Listener); err != nil {
			r.Close()
			return nil, err
		}
		spoil(o)
		return o, nil
	}
}

// tagOf is what comes back with a completion.
func tagOf(op operation, fd int) uint64 { return uint64(op)<<32 | uint64(fd) }

func (o *onRing) accept(listener int) { o.start(accepted, listener) }

func (o *onRing) receive(fd int) {
	if o.buffers[fd] == nil {
		o.buffers[fd] = make([]byte, receiveSize)
	}
	o.start(received, fd)
}

func (o *onRing) send(fd int, p []byte) {
	o.unsent[fd] = p
	o.start(sent, fd)
}

// data is what an operation works on.
func (o *onRing) data(op operation, fd int) []byte {
	if op == sent {
		return o.unsent[fd]
	}
	return o.buffers[fd]
}

// submit has the kernel perform the operation.
func (o *onRing) submit(op operation, fd int) {
	switch op {
	case accepted:
		o.ring.Accept(fd, tagOf(op, fd))
	case received:
		o.ring.Receive(fd, o.data(op, fd), tagOf(op, fd))
	case sent:
		o.ring.Send(fd, o.data(op, fd), tagOf(op, fd))
	}
}

// tell passes on what the kernel has performed.
func (o *onRing) tell(op operation, fd int, c uring.Completion) {
	d := done{op: op, fd: fd, n: int(max(0, c.Result)), err: c.Err()}
	if op == received {
		d.data = o.buffers[fd][:d.n]
	}
	o.ready = append(o.ready, d)
}

func (o *onRing) wait() ([]done, error) {
	for len(o.ready) == 0 {
		if err := o.ring.Enter(1); err != nil {
			return nil, err
		}
		for c, ok := o.ring.Next(); ok; c, ok = o.ring.Next() {
			if op, fd := operation(c.Data>>32), int(uint32(c.Data)); op == told {
				o.ready = append(o.ready, done{op: told})
			} else {
				o.finish(op, fd, c)
			}
		}
	}
	all := o.ready
	o.ready = nil
	return all, nil
}

func (o *onRing) forget(fd int) {
	delete(o.buffers, fd)
	delete(o.unsent, fd)
}

func (o *onRing) close() { o.ring.Close() }
