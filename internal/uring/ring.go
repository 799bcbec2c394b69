//go:build linux

// Package uring is io_uring with nothing around it: operations are added, submitted, and told of when they have completed.
// It is for Rules about the kernel, and for servers that are wrong on purpose; proactor/uring shows how it is used well.
package uring

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Flags of io_uring_setup(2): when completions are worked off. With none of them it is whenever the thread passes through
// the kernel, to which it is made to come.
const (
	Polled      uint32 = 1 << 1        // SQPOLL: a kernel thread submits and completes, with no call of ours
	DeferToTurn uint32 = 1<<12 | 1<<13 // SINGLE_ISSUER, DEFER_TASKRUN: inside the call by which the one thread waits
)

const (
	queue = 512 // entries of the submission queue; there are twice as many completions

	getEvents  = 1 << 0 // of enter: wait, or at least work completions off
	wakeUp     = 1 << 1 // of enter: wake the kernel's thread
	needWakeUp = 1 << 0 // of the queue: the kernel's thread sleeps
	more       = 1 << 1 // of a completion: the operation goes on

	mapEntries = 0x10000000 // the offset at which entries are mapped
	idle       = 10_000     // milliseconds until the kernel's thread sleeps
)

// The operations (include/uapi/linux/io_uring.h).
const (
	opPoll    = 6
	opAccept  = 13
	opRead    = 22
	opSend    = 26
	opReceive = 27
)

// params is struct io_uring_params.
type params struct {
	submissions, completions, flags, cpu, idle, features, workers uint32
	_                                                             [3]uint32
	sq                                                            struct{ head, tail, mask, entries, flags, dropped, array, _, _, _ uint32 }
	cq                                                            struct{ head, tail, mask, entries, overflow, entry, flags, _, _, _ uint32 }
}

// entry is struct io_uring_sqe.
type entry struct {
	op, flags uint8
	priority  uint16
	fd        int32
	offset    uint64
	addr      uint64
	size      uint32
	opFlags   uint32
	data      uint64
	_         [3]uint64
}

// Completion is struct io_uring_cqe: what an operation came to.
type Completion struct {
	Data   uint64 // as given when the operation was added
	Result int32  // bytes, a descriptor or an event mask; a negative errno if it failed
	Flags  uint32
}

// Err is the errno of an operation that failed, or 0.
func (c Completion) Err() unix.Errno {
	if c.Result < 0 {
		return unix.Errno(-c.Result)
	}
	return 0
}

// Ring is one io_uring. It belongs to one thread, or to one at a time.
type Ring struct {
	fd             int
	shared, memory []byte
	entries        []entry
	results        []Completion
	polled         bool

	submitHead, submitTail, submitFlags *uint32
	resultHead, resultTail              *uint32
	added                               uint32            // the tail, as far as entries were added
	buffers                             map[uint64][]byte // of operations under way: the collector does not see what the kernel has
}

// ErrUnavailable matches every error of New that means: this machine offers no io_uring, or not this kind.
var ErrUnavailable = errors.New("io_uring is not available here")

// New sets up a ring. Its error is an ErrUnavailable, wraps the errno, and says what would help.
func New(flags uint32) (*Ring, error) {
	p := params{flags: flags, idle: idle}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, queue, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("%w: io_uring_setup with flags %#x: %w (%s)", ErrUnavailable, flags, errno, hint(errno))
	}
	r := &Ring{fd: int(fd), polled: flags&Polled != 0, buffers: map[uint64][]byte{}}
	if err := r.open(&p); err != nil {
		r.Close()
		return nil, fmt.Errorf("%w: map the ring: %w (raise the limit on locked memory, ulimit -l)", ErrUnavailable, err)
	}
	return r, nil
}

func hint(errno unix.Errno) string {
	switch errno {
	case unix.EPERM:
		return "sysctl kernel.io_uring_disabled must be 0, and a container's seccomp filter must allow io_uring_setup and io_uring_enter"
	case unix.ENOSYS:
		return "the kernel was built without it, or a sandbox hides it"
	case unix.EINVAL:
		return "it takes a newer kernel: SQPOLL for everybody 5.11, DEFER_TASKRUN 6.1"
	}
	return "raise the limits on locked memory and descriptors, ulimit -l and -n"
}

func (r *Ring) open(p *params) (err error) {
	const access, kind = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	size := max(p.cq.entry+p.completions*uint32(unsafe.Sizeof(Completion{})), p.sq.array+p.submissions*4)
	if r.shared, err = unix.Mmap(r.fd, 0, int(size), access, kind); err != nil {
		return err
	}
	if r.memory, err = unix.Mmap(r.fd, mapEntries, int(p.submissions)*int(unsafe.Sizeof(entry{})), access, kind); err != nil {
		return err
	}
	at := func(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.shared[offset])) }
	r.submitHead, r.submitTail, r.submitFlags = at(p.sq.head), at(p.sq.tail), at(p.sq.flags)
	r.resultHead, r.resultTail = at(p.cq.head), at(p.cq.tail)
	r.entries = unsafe.Slice((*entry)(unsafe.Pointer(&r.memory[0])), p.submissions)
	r.results = unsafe.Slice((*Completion)(unsafe.Pointer(&r.shared[p.cq.entry])), p.completions)
	order := unsafe.Slice(at(p.sq.array), p.submissions)
	for i := range order { // which entry is at each place: that of the place
		order[i] = uint32(i)
	}
	return nil
}

// Close frees the ring. The kernel ends what is under way, if not at once.
func (r *Ring) Close() {
	for _, m := range [][]byte{r.shared, r.memory} {
		if m != nil {
			_ = unix.Munmap(m)
		}
	}
	_ = unix.Close(r.fd)
}

// Accept adds an accept: it completes with the descriptor of one client.
func (r *Ring) Accept(listener int, data uint64) {
	r.add(entry{op: opAccept, fd: int32(listener), opFlags: unix.SOCK_CLOEXEC, data: data}, nil)
}

// Receive adds a receive into the buffer: it completes when something has come, with how many bytes.
func (r *Ring) Receive(fd int, buffer []byte, data uint64) {
	r.add(entry{op: opReceive, fd: int32(fd), data: data}, buffer)
}

// Read adds a read of what is no socket.
func (r *Ring) Read(fd int, buffer []byte, data uint64) {
	r.add(entry{op: opRead, fd: int32(fd), offset: ^uint64(0), data: data}, buffer)
}

// Send adds a send of all of the buffer: where the socket blocks, it completes when the last byte has gone.
func (r *Ring) Send(fd int, buffer []byte, data uint64) {
	r.add(entry{op: opSend, fd: int32(fd), opFlags: unix.MSG_NOSIGNAL | unix.MSG_WAITALL, data: data}, buffer)
}

// Poll adds a question: it completes with those of the events that are there, and moves nothing.
func (r *Ring) Poll(fd int, events uint32, data uint64) {
	r.add(entry{op: opPoll, fd: int32(fd), opFlags: events, data: data}, nil)
}

func (r *Ring) add(e entry, buffer []byte) {
	if buffer != nil {
		e.addr, e.size = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(buffer)))), uint32(len(buffer))
		r.buffers[e.data] = buffer
	}
	for r.added-atomic.LoadUint32(r.submitHead) == uint32(len(r.entries)) {
		if err := r.Enter(0); err != nil {
			panic(err) // of entries that are known to be right
		}
	}
	r.entries[r.added&uint32(len(r.entries)-1)] = e
	r.added++
}

// Enter submits what was added and waits for so many completions; 0 to submit alone. Of a polled ring it submits without a
// call, unless the kernel's thread sleeps; and there is nothing to wait for by it.
func (r *Ring) Enter(atLeast uint32) error {
	atomic.StoreUint32(r.submitTail, r.added)
	n, flags := uintptr(r.added-atomic.LoadUint32(r.submitHead)), uintptr(getEvents)
	if r.polled {
		if atomic.LoadUint32(r.submitFlags)&needWakeUp == 0 {
			return nil
		}
		n, flags = 0, wakeUp
	}
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), n, uintptr(atLeast), flags, 0, 0)
	switch errno {
	case 0, unix.EINTR, unix.EAGAIN, unix.EBUSY: // the caller looks, and comes again
		return nil
	}
	return fmt.Errorf("io_uring_enter: %w", errno)
}

// Next takes the next completion, if there is one. It makes no call.
func (r *Ring) Next() (c Completion, ok bool) {
	head := *r.resultHead
	if head == atomic.LoadUint32(r.resultTail) {
		return c, false
	}
	c = r.results[head&uint32(len(r.results)-1)]
	atomic.StoreUint32(r.resultHead, head+1)
	if c.Flags&more == 0 {
		delete(r.buffers, c.Data)
	}
	return c, true
}
