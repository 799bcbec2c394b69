//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var portForEach = Server{
	Name:    "counterexample/port-for-each",
	Traits:  []string{"single-reactor", "epoll", "level", "every-server"},
	Breaks:  []string{"c10k.server-end-fixed"},
	Mistake: "it opens a port of its own for each client that comes",
	Load:    "two clients",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			welcome, ports := l.welcome, map[int]int{} // by the connection's descriptor
			closePort := func(fd int) {
				if port, ok := ports[fd]; ok {
					server.CloseFD(port)
					delete(ports, fd)
				}
			}
			l.welcome = func(fd int) {
				// The mistake: a port is taken for what tells connections apart, so that each client must have its own,
				// as with FTP's data connections. Two descriptors for each client, 28 000 clients at most, and a firewall
				// that must let everything through; where the client's own end would have told it from all others.
				closePort(fd) // of the connection that had this number before
				if port, err := openPort(l.door.Listener); err == nil {
					ports[fd] = port
				}
				welcome(fd)
			}
			l.end = func() {
				for fd := range ports {
					closePort(fd)
				}
			}
		})
	},
}

// openPort listens on a free port of the listener's address.
func openPort(listener int) (int, error) {
	at, err := unix.Getsockname(listener)
	if err != nil {
		return -1, err
	}
	family := unix.AF_INET
	switch at := at.(type) {
	case *unix.SockaddrInet4:
		at.Port = 0
	case *unix.SockaddrInet6:
		at.Port, family = 0, unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err = unix.Bind(fd, at); err == nil {
		err = unix.Listen(fd, 1)
	}
	if err != nil {
		server.CloseFD(fd)
		return -1, err
	}
	return fd, nil
}
