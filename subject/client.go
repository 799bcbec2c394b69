//go:build linux

package subject

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/subject/protocol"
	"github.com/iospec/iospec/trace"
)

// client is one of the tester's connections. Its requests are sent by whoever calls it, one caller at a time; their
// answers are read, in order, by a goroutine of its own, so that a caller never waits for an answer unless it wants to.
type client struct {
	subject *Subject
	conn    *net.TCPConn
	role    string
	opened  trace.Time
	asked   chan *exchange // to the reader, in the order of sending
	ended   chan struct{}  // the reader has returned
	all     []*exchange    // every one, in the order of sending
	failed  error          // what went wrong before an exchange could: no connection
	closing sync.Once
	over    atomic.Bool  // the server ends the connection, as it may
	gone    bool         // it has been closed
	summary trace.Client // what it did; there when it has been closed
}

// exchange is one request and its answer. Its results may be read once done is closed.
type exchange struct {
	client   *client
	request  protocol.Request
	gate     <-chan struct{} // the answer is not read before this is closed; nil: at once
	sent     trace.Time
	done     chan struct{}
	answered trace.Time
	err      error
}

// maxExchanges bounds what one client asks in its life.
const maxExchanges = 1024

// errGivenUp ends the reading of an answer that nobody waits for any longer.
var errGivenUp = errors.New("no answer")

// open connects. It always gives a client: one that could not connect says so in its record. A receive buffer above 0
// limits what the kernel takes in before the client reads (SO_RCVBUF, socket(7)).
func (s *Subject) open(ctx context.Context, role string, limit time.Duration, receiveBuffer int) *client {
	c := &client{subject: s, role: role, asked: make(chan *exchange, maxExchanges), ended: make(chan struct{})}
	d := net.Dialer{Timeout: limit, Control: func(_, _ string, raw syscall.RawConn) error {
		if receiveBuffer == 0 {
			return nil
		}
		var err error
		controlErr := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
		})
		return errors.Join(controlErr, err)
	}}
	c.opened = s.Now() // before, as its port may have been another client's, and the server may be quicker than we
	conn, err := d.DialContext(ctx, "tcp", s.Address())
	if err != nil {
		c.failed = &connectError{err}
		close(c.ended)
		return c
	}
	c.conn = conn.(*net.TCPConn)
	go c.read()
	return c
}

// connectError says that there was no connection at all.
type connectError struct{ err error }

func (e *connectError) Error() string { return e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// ends gives the client's own address and the server's, nothing when it is not connected.
func (c *client) ends() (mine, theirs netip.AddrPort) {
	if c.conn == nil {
		return mine, theirs
	}
	return plainAddress(c.conn.LocalAddr()), plainAddress(c.conn.RemoteAddr())
}

func plainAddress(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// port is the client's own port, 0 when it is not connected.
func (c *client) port() int {
	mine, _ := c.ends()
	return int(mine.Port())
}

// read takes the answers in. After one that is wrong or missing nothing that follows can be told apart.
func (c *client) read() {
	defer close(c.ended)
	r := bufio.NewReaderSize(c.conn, 64<<10)
	var broken error
	for x := range c.asked {
		if x.gate != nil {
			<-x.gate
		}
		if broken == nil {
			broken = x.request.Answer(r)
			x.answered = c.subject.Now()
		}
		if errors.Is(broken, protocol.ErrLast) {
			broken = protocol.ErrEnded // of what follows
		} else if broken != nil {
			x.err, x.answered = broken, 0
		}
		c.over.Store(errors.Is(broken, protocol.ErrEnded))
		close(x.done)
	}
}

// ask sends a request, and gives the exchange to wait for.
func (c *client) ask(r protocol.Request) *exchange { return c.askGated(r, nil) }

// askGated sends a request whose answer is not read before the gate opens.
func (c *client) askGated(r protocol.Request, gate <-chan struct{}) *exchange {
	x := c.begin(r, gate)
	c.send(x, r.Bytes)
	return x
}

// askHalf sends the first part of a request. The rest is sent by what it returns.
func (c *client) askHalf(r protocol.Request) (x *exchange, rest func()) {
	x = &exchange{client: c, request: r, done: make(chan struct{})}
	c.write(r.Bytes[:r.Split])
	return x, func() {
		c.enqueue(x)
		c.send(x, r.Bytes[r.Split:])
	}
}

func (c *client) begin(r protocol.Request, gate <-chan struct{}) *exchange {
	x := &exchange{client: c, request: r, gate: gate, done: make(chan struct{})}
	c.enqueue(x)
	return x
}

// enqueue puts the exchange before the reader, before its last byte is sent.
func (c *client) enqueue(x *exchange) {
	x.sent = c.subject.Now()
	c.all = append(c.all, x)
	if c.conn == nil {
		x.err = c.failed
		close(x.done)
		return
	}
	c.asked <- x
}

// lastPart is how much of a long message is held back until the rest is on its way: the kernel takes this much at once,
// so that the time before it is the time before the last byte.
const lastPart = 1024

// send writes the bytes that complete a request.
func (c *client) send(x *exchange, b []byte) {
	if n := len(b) - lastPart; n > 64<<10 {
		c.write(b[:n])
		x.sent, b = c.subject.Now(), b[n:]
	}
	c.write(b)
}

// write sends bytes. An error is not told here: the server has closed, or the client has given up, which the reader sees.
func (c *client) write(b []byte) {
	if c.conn != nil {
		_, _ = c.conn.Write(b)
	}
}

// due lists the exchanges to which the server owes an answer: all, but for those that it may leave to another connection.
func (c *client) due() []*exchange {
	for n, x := range c.all {
		if x.finished() && errors.Is(x.err, protocol.ErrEnded) {
			return c.all[:n]
		}
	}
	return c.all
}

// stuck reports whether an answer is still due.
func (c *client) stuck() bool {
	if c.conn == nil {
		return true
	}
	for _, x := range c.all {
		if !x.finished() || x.err != nil {
			return true
		}
	}
	return false
}

func (x *exchange) finished() bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}

// leave ends the sending side. The exchange that it gives is finished when the server has closed its own side.
func (c *client) leave() *exchange {
	x := &exchange{client: c, done: make(chan struct{}), request: protocol.Request{Answer: untilClosed}}
	if c.conn == nil {
		close(x.done)
		return x
	}
	c.asked <- x
	_ = c.conn.CloseWrite() // the server may have closed or reset before
	return x
}

// untilClosed reads the end of the stream.
func untilClosed(r *bufio.Reader) error {
	b, err := r.Peek(1)
	switch {
	case err == nil:
		return fmt.Errorf("%d bytes more than were asked for, beginning with %q", r.Buffered(), b)
	case errors.Is(err, io.EOF), errors.Is(err, unix.ECONNRESET):
		return nil
	}
	return err
}

// close ends the connection, records what became of it, and returns when its reader has ended. A reset sends RST in place
// of FIN (SO_LINGER of 0, socket(7)).
func (c *client) close(reset bool) {
	c.closing.Do(func() {
		c.gone = true
		closed := c.subject.Now()
		if c.conn != nil {
			_ = c.conn.SetDeadline(time.Unix(1, 0)) // ends reads and writes that are under way
			close(c.asked)
			<-c.ended
			if reset {
				_ = c.conn.SetLinger(0) // else it is closed in the usual way, which is as good for what follows
			}
			_ = c.conn.Close()
		}
		c.summary = c.record(closed)
		if record := c.summary; record.Port != 0 { // without a port it has no place in a recording
			c.subject.put(trace.Record{Client: &record})
		}
	})
}

// kept reports whether the server still has its end of the connection. An end that no process holds is the kernel's alone:
// it has no inode.
func (c *client) kept() bool {
	mine, theirs := c.ends()
	server, found, err := proc.Connection(theirs, mine)
	return err == nil && found && server.Inode != 0
}

// record says what the client did. It is called when the reader has ended.
func (c *client) record(closed trace.Time) trace.Client {
	r := trace.Client{Port: c.port(), Role: c.role, Opened: c.opened, Closed: closed}
	if c.failed != nil {
		r.Error = c.failed.Error()
	}
	for n, x := range c.due() {
		e := trace.Exchange{Sent: x.sent, Answered: x.answered, Out: int64(len(x.request.Bytes))}
		if x.err == nil {
			e.In = int64(x.request.In)
		} else if r.Error == "" {
			r.Error = fmt.Sprintf("request %d (%d bytes): %v", n+1, len(x.request.Bytes), x.explain(closed))
		}
		r.Exchanges = append(r.Exchanges, e)
	}
	return r
}

// explain turns the deadline by which close ends a reader into what it means.
func (x *exchange) explain(closed trace.Time) error {
	if errors.Is(x.err, os.ErrDeadlineExceeded) {
		waited := time.Duration(closed - x.sent).Round(time.Millisecond)
		return fmt.Errorf("%w in %v", errGivenUp, waited)
	}
	return x.err
}
