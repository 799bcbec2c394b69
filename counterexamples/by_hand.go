//go:build linux

package counterexamples

import (
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A correspondence is a connection that a counterexample serves by hand, with buffers and calls of its own, since its
// mistake is in them.
type correspondence struct {
	handler server.Handler
	in      []byte // arrived, and not used
	out     []byte // said, and not sent
	over    bool   // when out is sent, the connection is to be closed
}

// A byHand is a loop that serves by hand. A conn's own handler and buffers lie idle.
type byHand struct {
	*loop
	newHandler func() server.Handler
	talks      map[*server.Conn]*correspondence
	buffer     []byte
	room       []byte
}

// inHand takes the serving out of a loop's hands. Serve is called for a connection that is ready.
func inHand(l *loop, cfg server.Config, serve func(h *byHand, c *server.Conn, t *correspondence)) *byHand {
	h := &byHand{l, server.Protocols[cfg.Protocol], map[*server.Conn]*correspondence{}, make([]byte, server.BufferSize), make([]byte, server.BufferSize)}
	l.handle = func(ready []*server.Conn) {
		for _, c := range ready {
			if h.talks[c] == nil {
				h.talks[c] = &correspondence{handler: h.newHandler()}
			}
			serve(h, c, h.talks[c])
		}
	}
	return h
}

func (h *byHand) hangUp(c *server.Conn) {
	delete(h.talks, c)
	h.close(c)
}

// read takes what has come, at most a buffer full. Ended: the client has ended, or the connection has.
func (h *byHand) read(c *server.Conn, t *correspondence) (ended bool) {
	n, err := unix.Read(int(c.FD), h.buffer)
	if n > 0 {
		t.in = append(t.in, h.buffer[:n]...)
	}
	return n == 0 || err != nil && err != unix.EAGAIN && err != unix.EINTR
}

// work lets the handler answer until it wants more input, or enough is said. Done says that it has nothing more to say.
func (h *byHand) work(t *correspondence, enough int) (done bool) {
	for len(t.out) < enough && !t.over {
		step := t.handler.Handle(t.in, h.room)
		t.in = t.in[step.Used:]
		t.out = append(t.out, step.Out...)
		switch step.Next {
		case server.Await:
			return true
		case server.Close:
			t.over = true
		}
	}
	return t.over
}

// send sends what is said, as much of it as goes.
func (h *byHand) send(c *server.Conn, t *correspondence) (n int, err error) {
	if len(t.out) == 0 {
		return 0, nil
	}
	n, err = unix.SendmsgN(int(c.FD), t.out, nil, nil, unix.MSG_NOSIGNAL)
	return max(n, 0), err
}
