//go:build linux

package steps

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject/protocol"
)

// A talk is what a client has asked and not read the answers of.
type talk struct {
	asked  []protocol.Request
	unsent []byte // the end of the last request
	sent   int    // bytes that the kernel took
	full   bool   // it took no more, and the server slept over what it had not read
	last   bool   // when all is sent, the client shuts down its sending side
}

// stuff sends requests of some size each, and reads no answer, until the server takes no more or limit bytes are sent.
func (c *crowd) stuff(g *guest, size, limit int) (t talk, err error) {
	for t.sent < limit && !t.full {
		c.asked++
		r := c.speaks.Large(c.asked, size)
		t.asked, t.unsent = append(t.asked, r), r.Bytes
		if err := c.push(g, &t); err != nil {
			return t, err
		}
	}
	return t, nil
}

// push sends what is unsent, as far as the server takes it.
func (c *crowd) push(g *guest, t *talk) error {
	sleep := c.sleep()
	for last := time.Now(); len(t.unsent) > 0 && !t.full; {
		n, err := unix.SendmsgN(g.fd, t.unsent, nil, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		switch {
		case err == nil:
			t.sent, t.unsent, sleep.seen, last = t.sent+n, t.unsent[n:], 0, time.Now()
			continue
		case err == unix.EINTR:
			continue
		case err != unix.EAGAIN:
			return gone(os.NewSyscallError("sendmsg", err))
		}
		if _, err := sock.Poll(sock.PollSet(unix.POLLOUT, g.fd), time.Millisecond); err != nil {
			return err // that there is room is no promise that send takes something
		}
		over, err := sleep.deep(func() (bool, error) { return c.unread(g) })
		if err != nil {
			return err
		}
		t.full = over || time.Since(last) > await.Patience
	}
	return nil
}

// end shuts down the sending side, when all is sent.
func (t *talk) end(g *guest) error {
	t.last = true
	if len(t.unsent) > 0 {
		return nil // hear sends it
	}
	return halfClose(g)
}

// halfClose says that the client has no more to send.
func halfClose(g *guest) error {
	if err := unix.Shutdown(g.fd, unix.SHUT_WR); err != nil {
		return gone(fmt.Errorf("shutdown SHUT_WR: %w", err))
	}
	return nil
}

// hear reads the answers to all that was asked, verifies them byte by byte, and sends meanwhile what is unsent.
func (t *talk) hear(g *guest) error {
	sent := make(chan error, 1)
	go func() { sent <- t.sendRest(g) }()
	err := t.answers(g)
	if err != nil {
		_ = unix.Shutdown(g.fd, unix.SHUT_RDWR) // or the other one may wait for a server that has given up
	}
	if unsent := <-sent; err == nil {
		err = unsent
	}
	return err
}

func (t *talk) sendRest(g *guest) error {
	if len(t.unsent) == 0 {
		return nil
	}
	err := sendAll(g.fd, t.unsent)
	if err == nil && t.last {
		err = halfClose(g)
	}
	return err
}

func (t *talk) answers(g *guest) error {
	for i, r := range t.asked {
		err := r.Answer(g.answers)
		if errors.Is(err, protocol.ErrLast) {
			if g.over = true; i+1 < len(t.asked) {
				err = protocol.ErrEnded
			} else {
				err = nil
			}
		}
		if err != nil {
			return gone(fmt.Errorf("answer %d of %d: %w", i+1, len(t.asked), err))
		}
	}
	return nil
}

// sendAll sends on a socket that blocks.
func sendAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.SendmsgN(fd, b, nil, nil, unix.MSG_NOSIGNAL)
		if err != nil && err != unix.EINTR {
			return gone(fmt.Errorf("send: %w", err))
		}
		b = b[max(n, 0):]
	}
	return nil
}
