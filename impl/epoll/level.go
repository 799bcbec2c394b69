//go:build linux

package epoll

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// level is a single reactor on a level-triggered epoll: every wait reports a descriptor for as long as it is ready. So
// the server may read once per report and leave the rest to the next, but must not ask for writability while it has
// nothing to write, since a connection is writable nearly always.
type level struct {
	door   *server.Door
	desk   *server.Desk
	conns  *server.Table
	epfd   int
	events []unix.EpollEvent
}

// ServeLevel serves until ctx is cancelled or the process is told to stop.
func ServeLevel(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the reactor is one thread
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	epfd, err := create()
	if err != nil {
		return err
	}
	defer server.CloseFD(epfd)
	l := &level{door, server.NewDesk(door), server.NewTable(door), epfd, make([]unix.EpollEvent, maxEvents)}
	defer l.conns.CloseAll(l.desk)
	return l.run()
}

// run is the event loop: wait, then handle what was reported, one event after the other.
func (l *level) run() error {
	if err := l.watch(l.door.Stop, unix.EPOLLIN); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	if err := l.watch(l.door.Listener, unix.EPOLLIN); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	for !l.desk.Stopping {
		n, err := l.wait(l.door.Patience())
		if err != 0 {
			return server.Fatal("epoll_pwait", err)
		}
		l.dispatch(l.events[:n])
	}
	return l.drain()
}

// drain ends the service: no new client, an answer to every request that has come, and no longer than server.Grace.
func (l *level) drain() error {
	l.forget(l.door.Stop)
	l.door.CloseListener()
	deadline := time.Now().Add(server.Grace)
	for timeout := time.Duration(0); l.conns.Len() > 0 && time.Now().Before(deadline); {
		n, err := l.wait(timeout)
		if err != 0 {
			return server.Fatal("epoll_pwait", err)
		}
		l.dispatch(l.events[:n])
		timeout = 0
		if n == 0 { // nobody has asked for anything that was not answered
			for c := range l.conns.Idle() {
				l.close(c)
			}
			timeout = time.Until(deadline)
		}
	}
	return nil
}

// wait blocks until something is ready, and returns how many events there are. It is the only call that blocks.
func (l *level) wait(timeout time.Duration) (n int, err unix.Errno) {
	return wait(l.epfd, l.events, timeout)
}

// dispatch hands each event to its handler. The acceptor comes last: a descriptor that is closed in this round and
// given to a new connection cannot then be meant by an event of the same round.
func (l *level) dispatch(events []unix.EpollEvent) {
	accept := false
	for i := range events {
		switch fd := int(events[i].Fd); fd {
		case l.door.Stop:
			l.desk.Stopping = true
		case l.door.Listener:
			accept = true
		default:
			if c := l.conns.At(fd); c.Want == server.Readable {
				l.readReady(c)
			} else {
				l.writeReady(c)
			}
		}
	}
	if accept && !l.desk.Stopping {
		l.acceptReady()
	}
	if l.door.Due() {
		l.resume()
	}
}

// acceptReady takes the clients that wait, until none is left. In level mode it could as well take one and be told
// again; this way a burst costs one report. It stops at acceptsPerTurn, so that a flood of new clients does not keep
// the old ones waiting, and is told again.
func (l *level) acceptReady() {
	for range acceptsPerTurn {
		fd, err := l.door.Accept()
		if server.Full(err) {
			l.pause(err)
		}
		if err != 0 {
			return
		}
		c := l.conns.Add(fd)
		if err := l.watch(fd, unix.EPOLLIN); err != 0 {
			l.refuse(c, err)
		}
	}
}

// readReady reads once. What does not fit into the buffer is reported again.
func (l *level) readReady(c *server.Conn) {
	n, err := c.Receive(l.desk)
	switch {
	case err == unix.EAGAIN: // readiness is a hint
	case err != 0 || n == 0: // a reset, or the end
		l.close(c)
	default:
		l.settle(c, c.Answer(l.desk))
	}
}

// writeReady goes on with replies that the client was slow to take. An error of the connection is reported as well,
// and shows when it is written to.
func (l *level) writeReady(c *server.Conn) {
	l.settle(c, c.Resume(l.desk))
}

// settle makes the connection wait for what it wants. Mostly that has not changed, and there is nothing to tell the
// kernel. A connection that wants another turn waits for writability, and gets it after everybody else.
func (l *level) settle(c *server.Conn, want server.Want) {
	if want == server.Again {
		want = server.Writable
	}
	if want == server.Gone {
		l.close(c)
	} else if want != c.Want {
		c.Want = want
		if err := l.rewatch(c); err != 0 {
			l.refuse(c, err)
		}
	}
}

// close ends a connection. Closing its descriptor takes it out of the set as well, because nobody has a duplicate. It
// is a descriptor that accept may have waited for.
func (l *level) close(c *server.Conn) {
	l.conns.Close(c, l.desk)
	if l.door.Paused() {
		l.resume()
	}
}

// refuse closes a connection that the set has no room for (fs.epoll.max_user_watches, or memory).
func (l *level) refuse(c *server.Conn, err unix.Errno) {
	l.door.Logf("epoll_ctl: %v: connection closed (fs.epoll.max_user_watches bounds them)", err)
	l.close(c)
}

// pause takes the listener out of the set: it stays ready, and would be reported for nothing.
func (l *level) pause(err unix.Errno) {
	l.door.Pause(err)
	l.forget(l.door.Listener)
}

// resume puts the listener back. If clients wait, the next wait says so.
func (l *level) resume() {
	l.door.Resume()
	if err := l.watch(l.door.Listener, unix.EPOLLIN); err != 0 {
		l.door.Pause(err)
	}
}

// watch, rewatch and forget change the set that the kernel keeps, one descriptor at a time.
func (l *level) watch(fd int, events uint32) unix.Errno {
	return control(l.epfd, unix.EPOLL_CTL_ADD, fd, events)
}

func (l *level) rewatch(c *server.Conn) unix.Errno {
	events := uint32(unix.EPOLLIN)
	if c.Want == server.Writable {
		events = unix.EPOLLOUT
	}
	return control(l.epfd, unix.EPOLL_CTL_MOD, int(c.FD), events)
}

func (l *level) forget(fd int) {
	control(l.epfd, unix.EPOLL_CTL_DEL, fd, 0)
}
