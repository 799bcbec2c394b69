//go:build linux

package steps

import (
	"bufio"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject/protocol"
)

// endsEarly is the finding where a client has to ask more on one connection than the server answers.
func endsEarly() error {
	return check.Inconclusivef("%v: the load needs more answers on one. Raise that number for the check: keepalive_requests of nginx, "+
		"server.max-keep-alive-requests of lighttpd, MaxKeepAliveRequests of Apache", protocol.ErrEnded)
}

// renew has a client connect again when the server has ended its connection as it may: with a word in its last answer, or when
// nobody had asked for some time (RFC 9112, section 9.5).
func (c *crowd) renew(g *guest) error {
	if !c.mayEnd() || !g.over && !g.hungUpOn() {
		return nil
	}
	fd, err := c.dial()
	if err != nil {
		return fmt.Errorf("connect again: %w", err)
	}
	c.bag.Drop(g.fd)
	c.bag.Add(fd)
	*g = guest{fd: fd, answers: bufio.NewReaderSize(c.reader(fd), 128)}
	return patient(fd)
}

// mayEnd reports whether the protocol lets the server end connections.
func (c *crowd) mayEnd() bool {
	_, may := c.speaks.(protocol.HTTP)
	return may
}

// hungUpOn reports whether nothing is there to be read but the end of the connection.
func (g *guest) hungUpOn() bool {
	ready, err := sock.Poll(sock.PollSet(unix.POLLIN, g.fd), 0)
	if err != nil || ready == 0 {
		return false
	}
	n, _, err := unix.Recvfrom(g.fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == nil && n == 0
}
