//go:build linux

package reactor

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A Handler serves the connections of one reactor: it reads what has come, has the work done, and sends the reply. One
// Handler serves them all; what is one connection's own, its place in the conversation, is in its server.Conn.
type Handler struct {
	reactor *Reactor
	door    *server.Door
	desk    *server.Desk
	conns   *server.Table
	work    Work
	loud    []*server.Conn // reported in this round, though their requests are being worked on
	shared  bool           // another process may have duplicates of the connections' descriptors, for a while
	freed   func()         // is told that a connection was closed, hence a descriptor is free
}

// Work is how the work between reading and sending gets done: in the reactor's own thread, or by workers.
type Work interface {
	// Answer works on what was just received, and Resume goes on after replies were unsent. They say what the connection
	// waits for then: if Working, Handler.Settle will be called when it is known.
	Answer(c *server.Conn) server.Want
	Resume(c *server.Conn) server.Want
}

// inPlace does the work at once, in the reactor's thread: while it lasts, nobody else is served.
type inPlace struct{ desk *server.Desk }

func (w inPlace) Answer(c *server.Conn) server.Want { return c.Answer(w.desk) }
func (w inPlace) Resume(c *server.Conn) server.Want { return c.Resume(w.desk) }

// NewHandler makes a handler that works in the reactor's thread.
func NewHandler(r *Reactor, door *server.Door) *Handler {
	desk := server.NewDesk(door)
	return &Handler{reactor: r, door: door, desk: desk, conns: server.NewTable(door), work: inPlace{desk}, freed: func() {}}
}

// Open begins to serve a connection.
func (h *Handler) Open(fd int) {
	c := h.conns.Add(fd)
	if err := h.reactor.Register(fd, unix.EPOLLIN, h); err != 0 {
		h.refuse(c, err)
	}
}

// HandleEvent implements EventHandler.
func (h *Handler) HandleEvent(fd int, _ uint32) {
	c := h.conns.At(fd)
	switch {
	case c == nil: // closed in this round
	case c.Want == server.Readable:
		h.read(c)
	case c.Want == server.Working:
		h.loud = append(h.loud, c)
	default:
		h.write(c)
	}
}

// read reads once. What does not fit into the buffer is reported again.
func (h *Handler) read(c *server.Conn) {
	n, err := c.Receive(h.desk)
	switch {
	case err == unix.EAGAIN: // readiness is a hint
	case err != 0 || n == 0: // a reset, or the end
		h.Close(c)
	default:
		h.Settle(c, h.work.Answer(c))
	}
}

// write goes on with replies that the client was slow to take. An error of the connection is reported as well, and shows
// when it is written to.
func (h *Handler) write(c *server.Conn) { h.Settle(c, h.work.Resume(c)) }

// hush takes connections out of the set that have more to say while their request is being worked on: they would be
// reported until that is done. It waits for the end of the round, which may bring the result. Most clients wait for
// their answer, and cost no call.
func (h *Handler) hush() {
	for _, c := range h.loud {
		if c.FD >= 0 && c.Want == server.Working {
			c.Unread = true
			h.reactor.Remove(int(c.FD))
		}
	}
	clear(h.loud)
	h.loud = h.loud[:0]
}

// Settle makes the connection wait for what it wants. Mostly that has not changed, and there is nothing to tell the
// kernel. A connection that wants another turn waits for writability, and gets it after everybody else.
func (h *Handler) Settle(c *server.Conn, want server.Want) {
	switch want {
	case server.Gone:
		h.Close(c)
		return
	case server.Again:
		want = server.Writable
	}
	before := interest(c.Want)
	c.Want = want
	if interest(want) != before || c.Unread && want != server.Working {
		h.rewatch(c)
	}
}

// interest is what the reactor watches a connection for. One that is worked on has no wish; it is watched for what it
// will probably want.
func interest(want server.Want) uint32 {
	if want == server.Writable {
		return unix.EPOLLOUT
	}
	return unix.EPOLLIN
}

func (h *Handler) rewatch(c *server.Conn) {
	change := h.reactor.Change
	if c.Unread {
		c.Unread, change = false, h.reactor.Register
	}
	if err := change(int(c.FD), interest(c.Want), h); err != 0 {
		h.refuse(c, err)
	}
}

// Close ends a connection. Closing its descriptor takes it out of the set as well, unless a duplicate of it is open
// somewhere: then it must be taken out first, or it would be reported for ever after, and nobody could take it out.
func (h *Handler) Close(c *server.Conn) {
	if h.shared {
		h.reactor.Remove(int(c.FD))
	}
	h.conns.Close(c, h.desk)
	h.freed()
}

// refuse closes a connection that the set has no room for (fs.epoll.max_user_watches, or memory).
func (h *Handler) refuse(c *server.Conn, err unix.Errno) {
	h.door.Logf("epoll_ctl: %v: connection closed (fs.epoll.max_user_watches bounds them)", err)
	h.Close(c)
}

// drain ends the service of a reactor: an answer to every request that has come, and no longer than server.Grace. The
// handlers are those whose connections the reactor watches: one, unless it watches reactors.
func drain(r *Reactor, handlers ...*Handler) error {
	live := func() (n int) {
		for _, h := range handlers {
			h.desk.Stopping = true
			n += h.conns.Len()
		}
		return n
	}
	deadline := time.Now().Add(server.Grace)
	for timeout := time.Duration(0); live() > 0 && time.Now().Before(deadline); {
		n, err := r.HandleEvents(timeout)
		if err != nil {
			return err
		}
		timeout = 0
		if n == 0 { // nobody has asked for anything that was not answered
			for _, h := range handlers {
				h.closeIdle()
			}
			timeout = time.Until(deadline)
		}
	}
	return nil
}

func (h *Handler) closeIdle() {
	for c := range h.conns.Idle() {
		h.Close(c)
	}
}

// CloseAll closes what is left when the service is over.
func (h *Handler) CloseAll() { h.conns.CloseAll(h.desk) }
