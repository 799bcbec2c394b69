//go:build linux

package server

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Roster holds the connections that are served by threads that block, so that these can be told to finish.
type Roster struct {
	mu     sync.Mutex
	nobody sync.Cond // the last one has left
	fds    map[int]struct{}
	shut   func(fd int) // what is done to a connection that enters: nothing, until the service ends
	late   *time.Timer  // runs once the service ends: how long it may take
}

// NewRoster makes an empty roster.
func NewRoster() *Roster {
	r := &Roster{fds: map[int]struct{}{}, shut: func(int) {}}
	r.nobody.L = &r.mu
	return r
}

// Enter notes a connection before it is served.
func (r *Roster) Enter(fd int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fds[fd] = struct{}{}
	r.shut(fd)
}

// Leave closes a connection that was served. Both in one, since the descriptor may be another connection's at once.
func (r *Roster) Leave(fd int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	CloseFD(fd)
	if delete(r.fds, fd); len(r.fds) == 0 {
		r.nobody.Broadcast()
	}
}

// Len is the number of connections.
func (r *Roster) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.fds)
}

// Finishing reports whether the service ends.
func (r *Roster) Finishing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.late != nil
}

// Finish ends the service: every request that has come is answered, but after Grace nobody is waited for who does not
// take the answer.
func (r *Roster) Finish() {
	r.shutdown(unix.SHUT_RD)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.late == nil {
		r.late = time.AfterFunc(Grace, func() { r.shutdown(unix.SHUT_RDWR) })
	}
}

// shutdown shuts down all connections, and from now on all that enter. SHUT_RD lets them answer what has come, SHUT_RDWR
// makes a sending that is blocked fail.
func (r *Roster) shutdown(how int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shut = func(fd int) { _ = unix.Shutdown(fd, how) }
	for fd := range r.fds {
		r.shut(fd)
	}
}

// Wait returns when everybody has left, after Finish. A handler at work is waited for: a thread cannot be ended from
// outside.
func (r *Roster) Wait() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.fds) > 0 {
		r.nobody.Wait()
	}
	if r.late != nil {
		r.late.Stop()
	}
}
