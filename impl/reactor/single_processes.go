//go:build linux

package reactor

import (
	"context"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A foreman is one reactor whose work is done by other processes. It has a channel to each, on which requests go out and
// results come back; a worker has one task at a time. Each task has a number, by which the foreman finds the client when
// the result comes.
type foreman struct {
	*crew
	*Acceptor
	reactor *Reactor
	work    *delegated
	benches []bench
	waiting []*server.Task // for a worker to be free
	numbers uint64         // given out so far
	message []byte         // the one that is being sent or received
}

// A bench is a worker's place, as the foreman sees it.
type bench struct {
	channel int          // -1: no worker
	task    *server.Task // what it is at; nil: free
	number  uint64
}

// ServeSingleProcesses is one reactor with worker processes. It serves until ctx is cancelled or the process is told to
// stop.
func ServeSingleProcesses(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the reactor is one thread, and the workers die with it
	defer runtime.UnlockOSThread()
	announce := postpone(&cfg)
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	reactor, err := NewReactor()
	if err != nil {
		return err
	}
	defer reactor.Close()
	crew, err := newCrew(reactor, door, cfg, "work")
	if err != nil {
		return err
	}
	f := &foreman{crew: crew, reactor: reactor, benches: make([]bench, workers(cfg)), message: make([]byte, maxMessage)}
	for i := range f.benches {
		f.benches[i].channel = -1
	}
	handler, work := newDelegatingHandler(reactor, door, f.give)
	defer handler.CloseAll()
	f.work, f.Acceptor = work, NewAcceptor(reactor, door, handler.Open)
	f.Acceptor.source, handler.freed = f, f.Acceptor.Resume
	crew.hire, crew.hired, crew.lost = f.hire, closeAll, f.lost
	defer f.end()
	if err := crew.start(); err != nil {
		return err
	}
	announce()
	return serve(door, reactor, f.Acceptor, handler)
}

// end tells the workers that nothing more is to be done, by closing their channels, and waits for them.
func (f *foreman) end() {
	for place := range f.benches {
		f.drop(place)
	}
	f.crew.dismiss(workingPatience)
}

// hire makes the channel to a new worker.
func (f *foreman) hire(place int) (fds []int, err error) {
	ours, theirs, err := channel()
	if err != nil {
		return nil, err
	}
	if err := f.reactor.Register(ours, unix.EPOLLIN, f); err != 0 {
		server.CloseFD(ours)
		server.CloseFD(theirs)
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	f.drop(place)
	f.benches[place].channel = ours
	return []int{theirs}, nil
}

// lost ends the connection whose task a worker was at when it ended: it may be what ended it, so nobody else is given it.
func (f *foreman) lost(place, _ int) {
	f.drop(place)
	if t := f.benches[place].task; t != nil {
		f.benches[place].task = nil
		f.work.Lose(t)
	}
}

func (f *foreman) drop(place int) {
	if b := &f.benches[place]; b.channel >= 0 {
		server.CloseFD(b.channel)
		b.channel = -1
	}
}

// BeforeWait implements Source: a new worker may be there.
func (f *foreman) BeforeWait() time.Duration {
	timeout := shorter(f.crew.BeforeWait(), f.Acceptor.BeforeWait())
	f.assign()
	return timeout
}

// AfterWait implements Source.
func (f *foreman) AfterWait(ready bool) { f.Acceptor.AfterWait(ready) }

// give takes a task from the handler.
func (f *foreman) give(t *server.Task) {
	f.waiting = append(f.waiting, t)
	f.assign()
}

// assign gives tasks to free workers, first come, first served. A worker that cannot be told is of no use: it is ended,
// and the task waits for another one.
func (f *foreman) assign() {
	for place := range f.benches {
		b := &f.benches[place]
		if len(f.waiting) == 0 {
			return
		}
		if b.channel < 0 || b.task != nil {
			continue
		}
		if err := f.send(b, f.waiting[0]); err != nil {
			f.crew.dispose(place, err)
			f.drop(place)
			continue
		}
		f.waiting = slices.Delete(f.waiting, 0, 1)
	}
}

func (f *foreman) send(b *bench, t *server.Task) error {
	f.numbers++
	m, err := appendRequest(f.message[:0], f.numbers, t)
	if err != nil {
		return err
	}
	if err := unix.Send(b.channel, m, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT); err != nil {
		return err
	}
	b.task, b.number = t, f.numbers
	return nil
}

// HandleEvent implements EventHandler: a result has come, or the worker has gone, which its pidfd tells.
func (f *foreman) HandleEvent(channel int, _ uint32) {
	place := slices.IndexFunc(f.benches, func(b bench) bool { return b.channel == channel })
	if place < 0 {
		return // given up in this round
	}
	b := &f.benches[place]
	n, err := unix.Read(channel, f.message[:maxMessage]) // recvfrom would allocate room for a sender's address
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err == nil && n > 0 && b.task != nil:
		err = readResult(f.message[:n], b.number, b.task)
	case err == nil:
		err = errMessage
	}
	if err != nil {
		f.crew.dispose(place, err)
		f.reactor.Remove(channel)
		return
	}
	t := b.task
	b.task = nil
	f.work.Finish(t)
	f.assign()
}

// workTasks is the worker: it gets a request, does the work, and answers, until the channel ends.
func workTasks(o order) error {
	runtime.LockOSThread() // one thread does the work
	const channel = firstFD
	if err := unix.SetNonblock(channel, false); err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	message, room, result := make([]byte, maxMessage), make([]byte, server.BufferSize), make([]byte, 0, maxMessage)
	for {
		n, _, err := unix.Recvfrom(channel, message, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return os.NewSyscallError("recvfrom", err)
		}
		handler := server.Protocols[o.Protocol]()
		number, in, err := readRequest(message[:n], handler)
		if err != nil {
			return err
		}
		step := handler.Handle(in, room)
		if result, err = appendResult(result[:0], number, handler, step); err != nil {
			return err
		}
		if err := unix.Send(channel, result, unix.MSG_NOSIGNAL); err != nil {
			return os.NewSyscallError("sendto", err)
		}
	}
}
