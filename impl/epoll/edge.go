//go:build linux

package epoll

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// edge is a single reactor on an edge-triggered epoll: a wait reports a descriptor when something about it changes, and
// then not again. So the server must read and write as much as it can, or remember that it did not; in return it tells
// the kernel about each connection once, and never again.
type edge struct {
	door         *server.Door
	desk         *server.Desk
	conns        *server.Table
	epfd         int
	events       []unix.EpollEvent
	again, spare []*server.Conn // had their turn, and want another one that no event will bring
	acceptAgain  bool           // so does the listener
}

// ServeEdge serves until ctx is cancelled or the process is told to stop.
func ServeEdge(ctx context.Context, cfg server.Config) error {
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
	e := &edge{
		door: door, desk: server.NewDesk(door), conns: server.NewTable(door),
		epfd: epfd, events: make([]unix.EpollEvent, maxEvents),
	}
	defer e.conns.CloseAll(e.desk)
	return e.run()
}

// run is the event loop: wait, then handle what was reported, one event after the other.
func (e *edge) run() error {
	if err := e.watch(e.door.Stop, unix.EPOLLIN); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	if err := e.watch(e.door.Listener, listenerEvents); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	for !e.desk.Stopping {
		n, err := e.wait(e.door.Patience())
		if err != 0 {
			return server.Fatal("epoll_pwait", err)
		}
		e.dispatch(e.events[:n])
	}
	return e.drain()
}

// drain ends the service: no new client, an answer to every request that has come, and no longer than server.Grace.
func (e *edge) drain() error {
	e.forget(e.door.Stop)
	e.door.CloseListener()
	deadline := time.Now().Add(server.Grace)
	for timeout := time.Duration(0); e.conns.Len() > 0 && time.Now().Before(deadline); {
		n, err := e.wait(timeout)
		if err != 0 {
			return server.Fatal("epoll_pwait", err)
		}
		e.dispatch(e.events[:n])
		timeout = 0
		if n == 0 && len(e.again) == 0 { // nobody has asked for anything that was not answered
			for c := range e.conns.Idle() {
				e.close(c)
			}
			timeout = time.Until(deadline)
		}
	}
	return nil
}

// wait blocks until something is ready, and returns how many events there are. It is the only call that blocks, and it
// does not when somebody waits for another turn.
func (e *edge) wait(timeout time.Duration) (n int, err unix.Errno) {
	if len(e.again) > 0 || e.acceptAgain {
		timeout = 0
	}
	return wait(e.epfd, e.events, timeout)
}

// dispatch hands each event to its handler, then gives their turn to those who wait for another one. The acceptor comes
// last: a descriptor that is closed in this round and given to a new connection cannot then be meant by an event of
// the same round.
func (e *edge) dispatch(events []unix.EpollEvent) {
	accept, again := e.acceptAgain, e.again
	e.acceptAgain, e.again = false, e.spare[:0]
	for i := range events {
		switch fd := int(events[i].Fd); fd {
		case e.door.Stop:
			e.desk.Stopping = true
		case e.door.Listener:
			accept = true
		default:
			e.note(e.conns.At(fd), events[i].Events)
		}
	}
	for _, c := range again {
		e.writeReady(c)
	}
	e.spare = again
	if accept && !e.desk.Stopping {
		e.acceptReady()
	}
	if e.door.Due() {
		e.resume()
	}
}

// note remembers what has changed, since it will not be said again, and gives the connection its turn if that is what
// it waits for.
func (e *edge) note(c *server.Conn, events uint32) {
	const ended = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	c.Unread = c.Unread || events&(unix.EPOLLIN|ended) != 0
	c.Ended = c.Ended || events&ended != 0
	switch {
	case c.Want == server.Readable && c.Unread:
		e.readReady(c)
	case c.Want == server.Writable && events&(unix.EPOLLOUT|ended) != 0:
		e.writeReady(c)
	}
}

// acceptReady takes the clients that wait, until none is left: in edge mode nobody says again that they do. It stops
// at acceptsPerTurn, so that a flood of new clients does not keep the old ones waiting, and remembers it.
func (e *edge) acceptReady() {
	for range acceptsPerTurn {
		fd, err := e.door.Accept()
		if server.Full(err) {
			e.pause(err)
		}
		if err != 0 {
			return
		}
		c := e.conns.Add(fd)
		if err := e.watch(fd, connectionEvents); err != 0 {
			e.refuse(c, err)
		}
	}
	e.acceptAgain = true
}

// readReady drains the connection: it reads until there is no more. A read that does not fill the buffer has taken all
// there was, which saves the one that would say EAGAIN; but when the client has ended, its end is still to be read.
func (e *edge) readReady(c *server.Conn) {
	for range readsPerTurn {
		n, err := c.Receive(e.desk)
		switch {
		case err == unix.EAGAIN:
			c.Unread = false
			return
		case err != 0 || n == 0: // a reset, or the end
			e.close(c)
			return
		}
		c.Unread = c.Ended || !e.desk.Short()
		e.settle(c, c.Answer(e.desk))
		if c.Want != server.Readable || !c.Unread {
			return
		}
	}
	e.settle(c, server.Again) // it never stops talking: now it is the others' turn
}

// writeReady goes on with replies that the client was slow to take, and then with what it has said meanwhile. An error
// of the connection is reported as well, and shows when it is written to.
func (e *edge) writeReady(c *server.Conn) {
	e.settle(c, c.Resume(e.desk))
	if c.Want == server.Readable && c.Unread {
		e.readReady(c)
	}
}

// settle makes the connection wait for what it wants. There is nothing to tell the kernel: it reports every change.
func (e *edge) settle(c *server.Conn, want server.Want) {
	c.Want = want
	switch want {
	case server.Gone:
		e.close(c)
	case server.Again:
		e.again = append(e.again, c)
	}
}

// close ends a connection. Closing its descriptor takes it out of the set as well, because nobody has a duplicate. It
// is a descriptor that accept may have waited for.
func (e *edge) close(c *server.Conn) {
	e.conns.Close(c, e.desk)
	if e.door.Paused() {
		e.resume()
	}
}

// refuse closes a connection that the set has no room for (fs.epoll.max_user_watches, or memory).
func (e *edge) refuse(c *server.Conn, err unix.Errno) {
	e.door.Logf("epoll_ctl: %v: connection closed (fs.epoll.max_user_watches bounds them)", err)
	e.close(c)
}

// pause takes the listener out of the set. In edge mode it would not be reported for nothing; but putting it back is
// what makes epoll say that clients wait.
func (e *edge) pause(err unix.Errno) {
	e.door.Pause(err)
	e.forget(e.door.Listener)
}

// resume puts the listener back. If clients wait, the next wait says so, though they came before.
func (e *edge) resume() {
	e.door.Resume()
	if err := e.watch(e.door.Listener, listenerEvents); err != 0 {
		e.door.Pause(err)
	}
}

// watch and forget change the set that the kernel keeps, one descriptor at a time. Nothing is ever changed in between.
func (e *edge) watch(fd int, events uint32) unix.Errno {
	return control(e.epfd, unix.EPOLL_CTL_ADD, fd, events)
}

func (e *edge) forget(fd int) {
	control(e.epfd, unix.EPOLL_CTL_DEL, fd, 0)
}
