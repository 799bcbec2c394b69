//go:build linux

package counterexamples

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var handedOutTwice = Server{
	Name:   "counterexample/handed-out-twice",
	Traits: []string{"single-reactor-threads", "epoll", "level", "every-server"},
	Breaks: []string{
		"mux.kernel-reports-ready", "trigger.level-may-read-once", "pattern.four-combinations", "workers.handler-only-io",
		"workers.worker-computes", "server.answers-in-order",
	},
	Mistake: "a connection stays in the level-triggered set while a worker is at it, so it is reported again and given to a second one",
	Load:    "clients that send a second request before the first is answered",
	Serve: func(ctx context.Context, cfg server.Config) error {
		var failed error
		err := serve(ctx, cfg, levelEpoll, func(l *loop) { failed = handOut(l, server.Protocols[cfg.Protocol]) })
		if failed != nil {
			return failed
		}
		return err
	},
}

// A patron is a connection as the workers know it.
type patron struct {
	fd      int
	mu      sync.Mutex
	changed sync.Cond
	workers int    // who are at it, or about to be
	turns   int    // of workers, so far
	first   bool   // a worker waits until a second one is here, and reads before it
	begun   []byte // of a request whose end has not come
	deaf    bool   // it was told that nothing more comes, and what it says is ignored
	over    bool   // it has left, or is lost, or the service ends
}

// counters is where workers serve patrons.
type counters struct {
	*loop
	bell    int // eventfd, rung for those who have left
	handler func() server.Handler
	patrons map[*server.Conn]*patron // the reactor's
	calls   chan *patron
	seats   chan struct{} // for half of the workers, who wait for others: the rest goes on

	mu   sync.Mutex
	left []*patron
}

const atCounters = 8

// handOut has workers read, work and answer for a loop.
func handOut(l *loop, handler func() server.Handler) error {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return os.NewSyscallError("eventfd2", err)
	}
	w := &counters{
		loop: l, bell: bell, handler: handler, patrons: map[*server.Conn]*patron{},
		calls: make(chan *patron), seats: make(chan struct{}, atCounters/2),
	}
	l.others[bell] = func() { _, _ = unix.Read(bell, make([]byte, 8)) }
	l.handle = func(ready []*server.Conn) {
		for _, c := range ready {
			// The mistake: nothing keeps the next wait from reporting this connection again. It needs EPOLLONESHOT, and
			// EPOLL_CTL_MOD when the worker is done; or to be out of the set meanwhile. As long as clients ask one thing
			// at a time, the second worker finds nothing to read, and all seems well.
			w.give(c)
		}
		w.bury()
	}
	var workers sync.WaitGroup
	for range atCounters {
		workers.Go(w.work)
	}
	l.end = func() {
		for _, p := range w.patrons {
			p.end()
		}
		close(w.calls)
		workers.Wait()
		server.CloseFD(bell)
	}
	return nil
}

// give gives a connection to a worker; it waits for one that is free.
func (w *counters) give(c *server.Conn) {
	p := w.patrons[c]
	if p == nil {
		p = &patron{fd: int(c.FD)}
		p.changed.L = &p.mu
		w.patrons[c] = p
		_ = unix.SetNonblock(p.fd, false) // a worker may wait until there is room for its answer
	}
	p.mu.Lock()
	here := !p.over
	if here {
		p.workers++
		p.changed.Broadcast()
	}
	p.mu.Unlock()
	if here {
		w.calls <- p
	}
}

// bury closes the connections of those who have left.
func (w *counters) bury() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.left {
		c := w.conns.At(p.fd)
		delete(w.patrons, c)
		w.close(c)
	}
	w.left = nil
}

func (w *counters) work() {
	runtime.LockOSThread()
	in, room := make([]byte, server.BufferSize), make([]byte, server.BufferSize)
	for p := range w.calls {
		w.serve(p, in, room)
		p.mu.Lock()
		p.workers--
		p.turns++
		p.changed.Broadcast()
		last := p.over && p.workers == 0
		p.mu.Unlock()
		if last {
			w.mu.Lock()
			w.left = append(w.left, p)
			w.mu.Unlock()
			ring(w.bell)
		}
	}
}

// serve answers one request. What else has come is reported again, as the set is level-triggered.
//
// The lock lasts as long as the reading: so no request is cut in two, and two workers may have one each.
func (w *counters) serve(p *patron, in, room []byte) {
	p.mu.Lock()
	met := w.meet(p)
	request, turn := w.take(p, in), p.turns
	p.mu.Unlock()
	if met {
		defer func() { <-w.seats }()
	}
	handler, next := w.handler(), server.More
	for next == server.More && request != nil {
		step := handler.Handle(request, room)
		request, next = request[step.Used:], step.Next
		if met {
			p.mu.Lock()
			p.await(func() bool { return p.turns > turn })
			p.mu.Unlock()
		}
		if !sendWhole(p.fd, step.Out) {
			p.mu.Lock()
			w.leave(p)
			p.mu.Unlock()
			return
		}
	}
	if next == server.Close {
		p.mu.Lock()
		p.deaf = true
		p.mu.Unlock()
		_ = unix.Shutdown(p.fd, unix.SHUT_WR)
	}
}

// meet has a worker who is alone with a connection wait for a second one, who is on the way: what has come lies unread,
// and is reported again. It reads first then, and answers last. That is no part of the mistake; it only makes sure that
// what may happen does.
func (w *counters) meet(p *patron) bool {
	p.await(func() bool { return !p.first })
	if n, _, err := unix.Recvfrom(p.fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT); err != nil || n == 0 || p.workers > 1 {
		return false
	}
	select {
	case w.seats <- struct{}{}:
	default:
		return false
	}
	p.first = true
	p.await(func() bool { return p.workers > 1 })
	p.first = false
	p.changed.Broadcast()
	return true
}

// take takes one request off the connection, nil if there is no whole one.
func (w *counters) take(p *patron, in []byte) (request []byte) {
	n, _, err := unix.Recvfrom(p.fd, in, unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if p.over || err == unix.EAGAIN {
		return nil
	}
	size, whole := bytes.IndexByte(in[:max(0, n)], '\n')+1, true
	if size == 0 {
		size, whole = n, len(p.begun)+n >= server.MaxHeld
	}
	if err == nil && n > 0 {
		_, _, err = unix.Recvfrom(p.fd, in[:size], unix.MSG_DONTWAIT)
	}
	if err != nil || n == 0 {
		w.leave(p)
		return nil
	}
	if p.begun = append(p.begun, in[:size]...); p.deaf {
		p.begun = nil
	}
	if whole {
		request, p.begun = p.begun, nil
	}
	return request
}

// await waits until that is so, or there is nobody to wait for any more. The lock is held.
func (p *patron) await(so func() bool) {
	for !so() && !p.over {
		p.changed.Wait()
	}
}

// leave notes, under the lock, that there is nothing to wait for any more.
func (w *counters) leave(p *patron) {
	p.over = true
	p.changed.Broadcast()
	w.set.forget(p.fd)
}

// end lets go whoever waits for the connection, or in it.
func (p *patron) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.changed.Broadcast()
	_ = unix.Shutdown(p.fd, unix.SHUT_RDWR)
}

// sendWhole reports whether all of it could be sent.
func sendWhole(fd int, out []byte) bool {
	for len(out) > 0 {
		n, err := unix.Write(fd, out)
		if err != nil && err != unix.EINTR {
			return false
		}
		out = out[max(0, n):]
	}
	return true
}
