//go:build linux

package stress

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/sock"
)

// A client is one connection of a script. Its socket does not block.
type client struct {
	number int
	fd     int
	model  model

	out    []byte // to be sent when there is room
	silent bool   // is to shut down its sending side when all is sent
	shut   bool   // has done so
	over   bool   // asked the server to close: nothing more is due, and what is sent may meet a reset
	ended  bool   // the server has closed

	owed []due
	got  int // bytes, all of them right
}

// say queues what is to be sent, and hears from the model what is due for it.
func (c *client) say(text []byte) error {
	c.out = append(c.out, text...)
	if c.over {
		return nil
	}
	owes, over, err := c.model.hear(text)
	c.owed, c.over = append(c.owed, owes...), over
	return err
}

// push sends as much as there is room for. A fault is the server's: it has closed.
func (c *client) push() error {
	for len(c.out) > 0 {
		n, err := unix.SendmsgN(c.fd, c.out, nil, nil, unix.MSG_NOSIGNAL)
		switch {
		case err == unix.EAGAIN:
			return nil
		case err == unix.EINTR:
		case err != nil && c.over:
			c.out = nil // nobody listens any more, as was asked for
		case err != nil:
			return c.fault("a server that takes what is sent", "sending ends with %v, %d bytes before the end", err, len(c.out))
		default:
			c.out = c.out[n:]
		}
	}
	if c.silent && !c.shut {
		c.shut = true
		if err := unix.Shutdown(c.fd, unix.SHUT_WR); err != nil && err != unix.ENOTCONN {
			return os.NewSyscallError("shutdown", err)
		}
	}
	return nil
}

// pending reports whether something is still to be sent.
func (c *client) pending() bool { return len(c.out) > 0 || c.silent && !c.shut }

// take reads at most that many bytes, and compares them with what is due. None without an error: nothing has come.
func (c *client) take(room []byte) (n int, err error) {
	n, err = unix.Read(c.fd, room)
	switch {
	case err == unix.EAGAIN, err == unix.EINTR:
		return 0, nil
	case err != nil && c.over && len(c.owed) == 0:
		c.ended = true // what was sent behind the last word may meet a reset
		return 0, nil
	case err != nil:
		return 0, c.fault(c.next(), "reading ends with %v after %d bytes", err, c.got)
	case n == 0:
		c.ended = true
		if len(c.owed) > 0 {
			return 0, c.fault(c.next(), "the server has closed the connection after %d bytes", c.got)
		}
		return 0, nil
	}
	return n, c.match(room[:n])
}

// match strikes what has come off what is due.
func (c *client) match(got []byte) error {
	for len(got) > 0 {
		if len(c.owed) == 0 {
			return c.fault("nothing more", "%.40q came behind byte %d", got, c.got)
		}
		n, right := c.owed[0].strike(got)
		c.got, got = c.got+n, got[n:]
		if !right {
			return c.fault(c.next(), "%.40q came, at byte %d", got, c.got)
		}
		if c.owed[0].paid() {
			c.owed = c.owed[1:]
		}
	}
	return nil
}

// strike gives how many bytes of what came are right, and whether the next one, if there is one for this due, is.
func (d *due) strike(got []byte) (n int, right bool) {
	newline := bytes.IndexByte(got, '\n')
	switch {
	case d.line:
		if newline < 0 {
			return len(got), true
		}
		d.line = false
		return newline + 1, true
	case d.any > 0:
		n = min(d.any, len(got))
		if newline >= 0 && newline < n {
			d.any -= newline
			return newline, false
		}
		d.any -= n
		return n, true
	}
	for n < len(got) && n < len(d.exact) && got[n] == d.exact[n] {
		n++
	}
	right = n == len(got) || n == len(d.exact)
	d.exact = d.exact[n:]
	return n, right
}

func (d *due) paid() bool { return len(d.exact) == 0 && d.any == 0 && !d.line }

// next says what is due next.
func (c *client) next() string {
	if len(c.owed) == 0 {
		return "the end of the connection"
	}
	switch d := c.owed[0]; {
	case d.line:
		return "a line"
	case d.any > 0:
		return fmt.Sprintf("%d bytes without a newline", d.any)
	default:
		return fmt.Sprintf("%.40q", d.exact)
	}
}

// reset closes so that the server is sent a reset.
func (c *client) reset() error {
	if err := unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return os.NewSyscallError("setsockopt SO_LINGER", err)
	}
	sock.Close(c.fd)
	return nil
}

// A Fault is what a server did otherwise than the model.
type Fault struct {
	Step     int // of the script, counted from 1
	Client   int
	Expected string
	Observed string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("at step %d, client %d: expected %s; %s", f.Step, f.Client, f.Expected, f.Observed)
}

func (c *client) fault(expected, observed string, args ...any) error {
	return &Fault{Client: c.number, Expected: expected, Observed: fmt.Sprintf(observed, args...)}
}

// asFault gives the fault that an error is, if it is one.
func asFault(err error) (*Fault, bool) { return errors.AsType[*Fault](err) }
