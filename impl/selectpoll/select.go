//go:build linux

package selectpoll

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// selector is a single reactor on select: one bit per descriptor, in a set of those to be read and a set of those to be
// written. Each call overwrites the sets it is given with those that are ready, so the server keeps its own and hands
// the kernel copies. A set has unix.FD_SETSIZE bits: a descriptor beyond them cannot be watched.
type selector struct {
	door        *server.Door
	desk        *server.Desk
	conns       *server.Table
	read, write unix.FdSet // what is watched
	readable    unix.FdSet // what the last call left of it
	writable    unix.FdSet
	highest     int // no descriptor above it is watched
	refused     bool
	scans       scans
}

// ServeSelect serves until ctx is cancelled or the process is told to stop.
func ServeSelect(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the reactor is one thread
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	s := &selector{door: door, desk: server.NewDesk(door), conns: server.NewTable(door)}
	defer s.conns.CloseAll(s.desk)
	defer s.scans.log(door, "select")
	return s.run()
}

// run is the event loop: wait, then handle what was reported, one event after the other.
func (s *selector) run() error {
	if top := max(s.door.Stop, s.door.Listener); !fits(top) {
		return fmt.Errorf("select: the listener has descriptor %d, and a set holds those below %d: start it with fewer files open", top, unix.FD_SETSIZE)
	}
	s.watch(s.door.Stop)
	s.watch(s.door.Listener)
	for !s.desk.Stopping {
		n, err := s.wait(s.door.Patience())
		if err != 0 {
			return server.Fatal("pselect6", err)
		}
		s.dispatch(n)
	}
	return s.drain()
}

// drain ends the service: no new client, an answer to every request that has come, and no longer than server.Grace.
func (s *selector) drain() error {
	s.forget(s.door.Stop)
	if !s.door.Paused() {
		s.forget(s.door.Listener)
	}
	s.door.CloseListener()
	deadline := time.Now().Add(server.Grace)
	for timeout := time.Duration(0); s.conns.Len() > 0 && time.Now().Before(deadline); {
		n, err := s.wait(timeout)
		if err != 0 {
			return server.Fatal("pselect6", err)
		}
		s.dispatch(n)
		timeout = 0
		if n == 0 { // nobody has asked for anything that was not answered
			for c := range s.conns.Idle() {
				s.close(c)
			}
			timeout = time.Until(deadline)
		}
	}
	return nil
}

// wait blocks until something is ready, and returns how many descriptors are. It is the only call that blocks. The sets
// are copied for each call, and so is what an interrupted one may have left of them.
func (s *selector) wait(timeout time.Duration) (n int, err unix.Errno) {
	for s.highest > 0 && !s.read.IsSet(s.highest) && !s.write.IsSet(s.highest) {
		s.highest--
	}
	for {
		s.scans.calls++
		s.readable, s.writable = s.read, s.write
		n, err = pselect(s.highest+1, &s.readable, &s.writable, timeout)
		if err != unix.EINTR { // a signal, of the Go runtime or another: wait on
			return n, err
		}
	}
}

// dispatch looks for the n descriptors whose bit is left, and hands each to its handler. The acceptor comes last: a
// descriptor that is closed in this round and given to a new connection cannot then be meant by a bit of the same
// round.
func (s *selector) dispatch(n int) {
	accept := false
	for fd := 0; fd <= s.highest && n > 0; fd++ {
		s.scans.looks++
		if !s.readable.IsSet(fd) && !s.writable.IsSet(fd) {
			continue
		}
		n-- // no descriptor is in both sets
		switch fd {
		case s.door.Stop:
			s.desk.Stopping = true
		case s.door.Listener:
			accept = true
		default:
			if c := s.conns.At(fd); c.Want == server.Readable {
				s.readReady(c)
			} else {
				s.writeReady(c)
			}
		}
	}
	if accept && !s.desk.Stopping {
		s.acceptReady()
	}
	if s.door.Due() {
		s.resume()
	}
}

// acceptReady takes the clients that wait, until none is left. It could as well take one and be told again; this
// way a burst costs one report. It stops at acceptsPerTurn, so that a flood of new clients does not keep
// the old ones waiting, and is told again.
func (s *selector) acceptReady() {
	for range acceptsPerTurn {
		fd, err := s.door.Accept()
		if server.Full(err) {
			s.pause(err)
		}
		if err != 0 {
			return
		}
		if !fits(fd) {
			s.refuse(fd)
			continue
		}
		s.conns.Add(fd)
		s.watch(fd)
	}
}

// readReady reads once. What does not fit into the buffer is reported again.
func (s *selector) readReady(c *server.Conn) {
	n, err := c.Receive(s.desk)
	switch {
	case err == unix.EAGAIN: // readiness is a hint
	case err != 0 || n == 0: // a reset, or the end
		s.close(c)
	default:
		s.settle(c, c.Answer(s.desk))
	}
}

// writeReady goes on with replies that the client was slow to take. An error of the connection is reported as well,
// and shows when it is written to.
func (s *selector) writeReady(c *server.Conn) {
	s.settle(c, c.Resume(s.desk))
}

// settle makes the connection wait for what it wants, which the next call tells the kernel. A connection that wants
// another turn waits for writability, and gets it after everybody else.
func (s *selector) settle(c *server.Conn, want server.Want) {
	if want == server.Again {
		want = server.Writable
	}
	if want == server.Gone {
		s.close(c)
	} else if want != c.Want {
		c.Want = want
		s.rewatch(c)
	}
}

// close ends a connection. Its descriptor must leave the sets first: the next connection may have the same. It is a
// descriptor that accept may have waited for.
func (s *selector) close(c *server.Conn) {
	s.forget(int(c.FD))
	s.conns.Close(c, s.desk)
	if s.door.Paused() {
		s.resume()
	}
}

// refuse closes a connection whose descriptor the sets have no bit for. FD_SET would write beyond them.
func (s *selector) refuse(fd int) {
	server.CloseFD(fd)
	if !s.refused {
		s.refused = true
		s.door.Logf("select: connection refused: its descriptor is %d, and select watches only those below FD_SETSIZE, which is %d; "+
			"the others are served on (so will be further ones, refused in silence)", fd, unix.FD_SETSIZE)
	}
}

func fits(fd int) bool { return fd < unix.FD_SETSIZE }

// pause takes the listener out of the set: it stays ready, and would be reported for nothing.
func (s *selector) pause(err unix.Errno) {
	s.door.Pause(err)
	s.forget(s.door.Listener)
}

// resume puts the listener back. If clients wait, the next wait says so.
func (s *selector) resume() {
	s.door.Resume()
	s.watch(s.door.Listener)
}

// watch, rewatch and forget change the sets, which are the server's own: the kernel learns of it at the next call.
func (s *selector) watch(fd int) {
	s.read.Set(fd)
	s.highest = max(s.highest, fd)
}

func (s *selector) rewatch(c *server.Conn) {
	s.forget(int(c.FD))
	if c.Want == server.Writable {
		s.write.Set(int(c.FD))
	} else {
		s.read.Set(int(c.FD))
	}
}

func (s *selector) forget(fd int) {
	s.read.Clear(fd)
	s.write.Clear(fd)
}
