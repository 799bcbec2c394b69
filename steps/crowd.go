//go:build linux

package steps

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/subject/protocol"
)

// A crowd is many clients of one server, driven by one thread: cheap enough for ten thousand of them.
type crowd struct {
	server  *subject.Subject
	speaks  protocol.Protocol
	to      *unix.SockaddrInet4
	bag     sock.Bag
	clients []*guest
	asked   int
	receive int // bytes of the receive buffers of those that come; 0: as the kernel likes
	watched int // waits for answers end when so many looks have shown the server asleep over them; 0: they do not
}

// A guest is one client of the crowd. Its socket blocks, but for no longer than await.Patience.
type guest struct {
	fd      int
	answers *bufio.Reader
	pending *protocol.Request
	over    bool // the server ends the connection, and has said so with its last answer
}

// errGone says that the server closed or reset the connection in place of an answer.
var errGone = errors.New("the server closed the connection")

// invite starts the scenario's server anew and gives the crowd that will be its clients.
func (w *World) invite(ctx context.Context) (*crowd, error) {
	server, err := w.Start(ctx)
	if err != nil {
		return nil, err
	}
	return w.crowdOf(server, w.Target.Protocol)
}

// crowdOf makes the crowd, of nobody yet.
func (w *World) crowdOf(server *subject.Subject, speaks string) (*crowd, error) {
	at, err := netip.ParseAddrPort(server.Address())
	if err != nil || !at.Addr().Is4() {
		return nil, fmt.Errorf("this load needs a server on an IPv4 address, not on %q", server.Address())
	}
	c := &crowd{server: server, to: &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}}
	w.Cleanup(c.bag.Close)
	c.speaks, err = protocol.Find(speaks)
	return c, err
}

// grow connects n more clients.
func (c *crowd) grow(n int) error {
	for range n {
		fd, err := c.dial()
		if err != nil {
			return fmt.Errorf("client %d: %w", len(c.clients)+1, err)
		}
		c.bag.Add(fd)
		if err := patient(fd); err != nil {
			return err
		}
		c.clients = append(c.clients, &guest{fd: fd, answers: bufio.NewReaderSize(c.reader(fd), 128)})
	}
	return nil
}

func (c *crowd) dial() (fd int, err error) {
	if c.receive > 0 {
		return sock.DialSmall(c.to, c.receive)
	}
	return sock.Dial(c.to)
}

// little is a receive buffer for clients that want the server to wait for them. With much less, TCP would wait for its
// timers.
const little = 64 << 10

// growLittle connects one more client, which receives little ahead.
func (c *crowd) growLittle() (*guest, error) {
	c.receive = little
	defer func() { c.receive = 0 }()
	if err := c.grow(1); err != nil {
		return nil, err
	}
	return c.clients[len(c.clients)-1], nil
}

// reader reads the answers that come to a client.
func (c *crowd) reader(fd int) io.Reader {
	if c.watched > 0 {
		return vigilantReader{fd, c.server, c.watched}
	}
	return blockingReader(fd)
}

// patient makes a socket block, within bounds.
func patient(fd int) error {
	limit := unix.NsecToTimeval(await.Patience.Nanoseconds())
	for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, option, &limit); err != nil {
			return fmt.Errorf("setsockopt SO_RCVTIMEO, SO_SNDTIMEO: %w", err)
		}
	}
	return sock.Nonblock(fd, false)
}

// together lets each of the clients send a request before it reads any answer.
func (c *crowd) together(clients []*guest) error {
	for _, g := range clients {
		if err := c.send(g); err != nil {
			return err
		}
	}
	for _, g := range clients {
		if err := g.receive(); err != nil {
			return err
		}
	}
	return nil
}

// inTurn lets each of the clients send a request and read the answer before the next one does.
func (c *crowd) inTurn(clients []*guest) error {
	for _, g := range clients {
		if err := c.ask(g); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) ask(g *guest) error {
	if err := c.send(g); err != nil {
		return err
	}
	return g.receive()
}

// send sends a request that is like no other.
func (c *crowd) send(g *guest) error {
	if err := c.renew(g); err != nil {
		return err
	}
	c.asked++
	return g.request(c.speaks.Request(c.asked))
}

// request sends that request.
func (g *guest) request(r protocol.Request) error {
	g.pending = &r
	return sendAll(g.fd, r.Bytes)
}

// firstHalf sends the first part of a request, which has no answer by itself.
func (c *crowd) firstHalf(g *guest) error {
	c.asked++
	r := c.speaks.Request(c.asked)
	g.pending = &r
	return sendAll(g.fd, r.Bytes[:r.Split])
}

// otherHalf sends the rest of it.
func (c *crowd) otherHalf(g *guest) error {
	return sendAll(g.fd, g.pending.Bytes[g.pending.Split:])
}

// receive reads the answer to the request and verifies it byte by byte.
func (g *guest) receive() error {
	err := g.pending.Answer(g.answers)
	if g.over = errors.Is(err, protocol.ErrLast); err != nil && !g.over {
		return gone(err)
	}
	if n := g.answers.Buffered(); n > 0 {
		return fmt.Errorf("%d bytes came that nobody asked for", n)
	}
	return nil
}

// gone recognises the ends of a connection among the errors of a client.
func gone(err error) error {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, unix.ECONNRESET, unix.EPIPE} {
		if errors.Is(err, end) {
			return fmt.Errorf("%w: %w", errGone, err)
		}
	}
	return err
}

// blockingReader reads a socket whose receive timeout bounds the wait. The timeout makes a read end with EINTR when the Go
// runtime sends its thread a signal, although the handler asks for a restart (signal(7)).
type blockingReader int

func (fd blockingReader) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(fd), b)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, fmt.Errorf("no answer within %v", await.Patience)
		case err != nil:
			return 0, fmt.Errorf("read an answer: %w", err)
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// leave closes a client's connection.
func (c *crowd) leave(g *guest) { c.bag.Drop(g.fd) }
