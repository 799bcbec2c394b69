//go:build linux

package reactor

import (
	"math"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// An acceptLock is memory that all the workers share. Its first word says who may accept: the holder's process number,
// or 0. Taking it is one atomic instruction and no system call, so nobody is ever blocked by it: who does not get it goes
// without, and tries again later.
//
// Behind it each worker has a word that says how many connections it has.
type acceptLock struct {
	memory []byte
	holder *atomic.Uint32
	counts []atomic.Uint32 // by place; nobody where there is no worker
}

const (
	lockDelay  = 50 * time.Millisecond // how long a worker waits at most before it tries for the lock again
	lockRest   = 4 * lockDelay         // how long one that is ahead leaves it alone: enough for others to try
	lockLead   = 8                     // connections that a worker may be ahead of another one, or
	lockLeadBy = 8                     // one in this many of those that it has
	nobody     = math.MaxUint32
)

// newAcceptLock makes the memory. It has no name, only a descriptor (memfd_create(2)).
func newAcceptLock(workers int) (l *acceptLock, fd int, err error) {
	fd, err = unix.MemfdCreate("accept lock", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, -1, os.NewSyscallError("memfd_create", err)
	}
	if err := unix.Ftruncate(fd, lockSize(workers)); err != nil {
		server.CloseFD(fd)
		return nil, -1, os.NewSyscallError("ftruncate", err)
	}
	if l, err = mapAcceptLock(fd, workers); err != nil {
		server.CloseFD(fd)
		return nil, -1, err
	}
	for i := range l.counts {
		l.counts[i].Store(nobody)
	}
	return l, fd, nil
}

func lockSize(workers int) int64 { return int64(4 * (1 + workers)) }

// mapAcceptLock makes the memory behind the descriptor this process's, too.
func mapAcceptLock(fd, workers int) (*acceptLock, error) {
	memory, err := unix.Mmap(fd, 0, int(lockSize(workers)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	words := unsafe.Slice((*atomic.Uint32)(unsafe.Pointer(&memory[0])), 1+workers)
	return &acceptLock{memory, &words[0], words[1:]}, nil
}

func (l *acceptLock) close() { _ = unix.Munmap(l.memory) }

// try takes the lock if nobody has it, and reports whether this process has it then.
func (l *acceptLock) try(pid int) bool {
	return l.holder.CompareAndSwap(0, uint32(pid)) || l.holder.Load() == uint32(pid)
}

// release gives it up, if this process has it.
func (l *acceptLock) release(pid int) { l.holder.CompareAndSwap(uint32(pid), 0) }

// bereave is for the master: the worker has died, perhaps with the lock.
func (l *acceptLock) bereave(place, pid int) {
	l.counts[place].Store(nobody)
	l.release(pid)
}

// ahead reports whether a worker has notably more connections than another one.
func (l *acceptLock) ahead(place int) bool {
	mine := l.counts[place].Load()
	for i := range l.counts {
		if other := l.counts[i].Load(); other < mine && mine-other > max(lockLead, mine/lockLeadBy) {
			return true
		}
	}
	return false
}

// A lockedAcceptor accepts while it holds the lock. The listener is in its set then, and only then.
type lockedAcceptor struct {
	*Acceptor
	lock    *acceptLock
	pid     int
	place   int
	handler *Handler
	rest    time.Time // until when it leaves the lock to others
}

// serveLocked is the life of a worker that accepts under the lock.
func serveLocked(o order, r *Reactor, a *Acceptor, h *Handler) error {
	lock, err := mapAcceptLock(givenLock, o.Workers)
	if err != nil {
		return err
	}
	defer lock.close()
	l := &lockedAcceptor{Acceptor: a, lock: lock, pid: os.Getpid(), place: o.Place, handler: h}
	a.most, a.source, a.held = acceptsShared, l, true
	r.source = l
	if err := r.StopWhenReady(a.door.Stop); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	defer lock.release(l.pid)
	if err := r.Run(); err != nil {
		return err
	}
	a.Close()
	r.source = nil
	lock.release(l.pid)
	return drain(r, h)
}

// BeforeWait implements Source: who has the lock, or gets it, waits for the listener too, as long as it takes; who does
// not get it waits a moment and tries again. Nobody tells it when the lock is free.
func (l *lockedAcceptor) BeforeWait() time.Duration {
	patience := l.Acceptor.BeforeWait()
	l.lock.counts[l.place].Store(uint32(l.handler.conns.Len()))
	switch {
	case l.door.Paused():
		return patience
	case l.resting(), !l.lock.try(l.pid):
		if !l.held {
			l.Hold()
		}
		return lockDelay
	case l.held:
		l.Release()
	}
	return patience
}

// resting reports whether this worker leaves the lock to others: not for ever, since they may be busy with other things.
func (l *lockedAcceptor) resting() bool {
	return time.Now().Before(l.rest) && l.lock.ahead(l.place)
}

// AfterWait implements Source: it accepts, and gives up the lock, before the handlers have their turn, who may take long.
// A worker that is ahead of another one leaves the lock alone for a while, which is long enough for the other's next try.
func (l *lockedAcceptor) AfterWait(ready bool) {
	l.Acceptor.AfterWait(ready)
	l.held = l.held || l.door.Paused() // resuming takes the lock again
	if ready {
		l.lock.counts[l.place].Store(uint32(l.handler.conns.Len()))
		if l.lock.ahead(l.place) {
			l.rest = time.Now().Add(lockRest)
		}
	}
	l.lock.release(l.pid)
}
