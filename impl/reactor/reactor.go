//go:build linux

package reactor

import (
	"fmt"
	"os"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// maxEvents is how many events one wait brings; what is ready beyond that comes with the next.
const maxEvents = 1024

// An EventHandler is what a reactor calls when a descriptor is ready that was registered with it. It must not block:
// while it runs, nothing else does.
type EventHandler interface {
	HandleEvent(fd int, events uint32)
}

// A Source brings new connections to a reactor: an Acceptor does, or the Inbox of a sub-reactor.
//
// It has its turn before the handlers have theirs. So all descriptors that a round opens are opened before it closes
// any, hence never get the number of one that was closed in the same round, and that an event of the round still means.
type Source interface {
	// BeforeWait does what is due, and says how long the wait may last for its sake; for ever, if negative.
	BeforeWait() time.Duration
	// AfterWait takes the connections that have come, if the source's descriptor was reported ready.
	AfterWait(ready bool)
}

// A Reactor waits until descriptors are ready and dispatches each event to the EventHandler that is registered for it.
// It has an epoll instance, level-triggered: told of a descriptor as long as it is ready. It knows nothing of
// connections and requests.
//
// It belongs to the thread that runs it, and to no other. That is why nothing here is locked.
type Reactor struct {
	epfd    int
	events  []unix.EpollEvent
	parts   []EventHandler // who is registered: an event carries the descriptor and the index into this
	source  Source         // nil: no new connections
	finally func()         // called at the end of each round
	stopped bool
	failed  error // why it cannot go on
	owner   int   // thread that runs it; 0 until then
}

// An event's Pad says whom it is for: an index of parts, or one of these.
const (
	toSource = -1
	toStop   = -2
)

// NewReactor makes a reactor in which nothing is registered.
func NewReactor() (*Reactor, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &Reactor{epfd: epfd, events: make([]unix.EpollEvent, maxEvents), finally: func() {}}, nil
}

// Close frees the epoll instance.
func (r *Reactor) Close() { server.CloseFD(r.epfd) }

// Run handles events until the reactor is told to stop.
func (r *Reactor) Run() error {
	for !r.stopped {
		if _, err := r.HandleEvents(-1); err != nil {
			return err
		}
	}
	return nil
}

// Fail ends Run, or what comes after it, with an error after this round.
func (r *Reactor) Fail(err error) { r.failed = err }

// Stop ends Run after this round.
func (r *Reactor) Stop() { r.stopped = true }

// HandleEvents is one round: wait, then dispatch what is ready. It returns how many events there were. A timeout below 0
// is none.
func (r *Reactor) HandleEvents(timeout time.Duration) (n int, err error) {
	if r.owner == 0 {
		r.owner = unix.Gettid()
	}
	if r.source != nil {
		timeout = shorter(timeout, r.source.BeforeWait())
	}
	n, errno := r.wait(timeout)
	if errno != 0 {
		return 0, server.Fatal("epoll_pwait", errno)
	}
	r.dispatch(r.events[:n])
	return n, r.failed
}

// shorter is the shorter of two times to wait, of which those below 0 are for ever.
func shorter(a, b time.Duration) time.Duration {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// wait is the only call that blocks, so the scheduler is told of it (Syscall).
func (r *Reactor) wait(timeout time.Duration) (n int, err unix.Errno) {
	ms := -1
	if timeout >= 0 {
		ms = int((timeout + time.Millisecond - 1) / time.Millisecond) // rounded up: waking early would be for nothing
	}
	for {
		got, _, err := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(r.epfd), uintptr(unsafe.Pointer(&r.events[0])), maxEvents, uintptr(ms), 0, 0)
		if err == 0 {
			return int(got), 0
		}
		if err != unix.EINTR { // a signal, of the Go runtime or another: wait on
			return 0, err
		}
	}
}

// dispatch gives each event to whom it is for, the source first.
func (r *Reactor) dispatch(events []unix.EpollEvent) {
	if r.source != nil {
		r.source.AfterWait(slices.ContainsFunc(events, func(e unix.EpollEvent) bool { return e.Pad == toSource }))
	}
	for i := range events {
		switch e := &events[i]; e.Pad {
		case toSource:
		case toStop:
			r.Remove(int(e.Fd))
			r.Stop()
		default:
			r.parts[e.Pad].HandleEvent(int(e.Fd), e.Events)
		}
	}
	r.finally()
}

// Register has a descriptor watched and its events handled by h.
func (r *Reactor) Register(fd int, events uint32, h EventHandler) unix.Errno {
	return r.control(unix.EPOLL_CTL_ADD, fd, events, r.part(h))
}

// Change has other events of a registered descriptor watched.
func (r *Reactor) Change(fd int, events uint32, h EventHandler) unix.Errno {
	return r.control(unix.EPOLL_CTL_MOD, fd, events, r.part(h))
}

// RegisterSource has the source's descriptor watched. A reactor has one source; it may be registered again after Remove.
func (r *Reactor) RegisterSource(fd int, events uint32, s Source) unix.Errno {
	r.source = s
	return r.control(unix.EPOLL_CTL_ADD, fd, events, toSource)
}

// StopWhenReady has the reactor stop when the descriptor is readable.
func (r *Reactor) StopWhenReady(fd int) unix.Errno {
	return r.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN, toStop)
}

// Remove has a descriptor watched no more. Closing one has the same effect, if no duplicate of it is open anywhere.
func (r *Reactor) Remove(fd int) { r.control(unix.EPOLL_CTL_DEL, fd, 0, 0) }

// part is the index of an event handler. There are few, since all connections share one.
func (r *Reactor) part(h EventHandler) int {
	i := slices.Index(r.parts, h)
	if i < 0 {
		i = len(r.parts)
		r.parts = append(r.parts, h)
	}
	return i
}

func (r *Reactor) control(op, fd int, events uint32, part int) unix.Errno {
	r.assertOwner()
	event := unix.EpollEvent{Events: events, Fd: int32(fd), Pad: int32(part)}
	_, _, err := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(r.epfd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
	return err
}

// assertOwner holds what all depends upon: nobody but the reactor's own thread changes it.
func (r *Reactor) assertOwner() {
	if r.owner == 0 {
		return
	}
	if tid := unix.Gettid(); tid != r.owner {
		panic(fmt.Sprintf("thread %d changes the reactor of thread %d", tid, r.owner))
	}
}
