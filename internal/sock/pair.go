//go:build linux

package sock

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Pair gives two connected stream sockets of the UNIX domain: the cheapest connection there is.
func Pair() (a, b int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("socketpair: %w%s", err, limitHint(err))
	}
	return fds[0], fds[1], nil
}

// TCPPair gives the two ends of a TCP connection over 127.0.0.1, Nagle's algorithm off. The listener it needed is
// closed again.
func TCPPair() (client, server int, err error) {
	l, err := Listen(16)
	if err != nil {
		return -1, -1, err
	}
	defer Close(l.FD)
	return l.Connect()
}

// Listener is a listening TCP socket.
type Listener struct {
	FD   int
	Addr unix.SockaddrInet4
}

// Listen opens a listener whose accept queue holds backlog+1 connections.
func Listen(backlog int) (*Listener, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w%s", err, limitHint(err))
	}
	l, err := ListenOn(fd, unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}, backlog)
	if err != nil {
		Close(fd)
	}
	return l, err
}

// ListenOn makes a listener of a TCP socket that exists, for instance in another network. The socket stays the caller's.
// Port 0 is a free port.
func ListenOn(fd int, at unix.SockaddrInet4, backlog int) (*Listener, error) {
	l := &Listener{FD: fd, Addr: at}
	if err := l.open(backlog); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Listener) open(backlog int) error {
	if err := unix.Bind(l.FD, &l.Addr); err != nil {
		return fmt.Errorf("bind %v: %w", end(&l.Addr), err)
	}
	if err := unix.Listen(l.FD, backlog); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	name, err := unix.Getsockname(l.FD)
	if err != nil {
		return fmt.Errorf("getsockname: %w", err)
	}
	l.Addr.Port = name.(*unix.SockaddrInet4).Port
	return nil
}

// Dial connects a client to the listener. Over loopback the handshake is finished when connect returns, though nobody
// has accepted.
func (l *Listener) Dial() (client int, err error) { return Dial(&l.Addr) }

// Dial connects a client to a TCP server, Nagle's algorithm off.
func Dial(to *unix.SockaddrInet4) (client int, err error) { return DialFrom(nil, to) }

// DialFrom connects a client from that address and port, 0 for a free one, which other connections may have as well. Nil
// leaves both to the kernel.
func DialFrom(from, to *unix.SockaddrInet4) (client int, err error) {
	return dial(to, func(fd int) error {
		if from == nil {
			return nil
		}
		return bindShared(fd, from)
	})
}

// DialSmall connects a client whose receive buffer has that many bytes, bookkeeping included. It is small from the
// beginning: a window that was offered cannot be taken back, and who tries loses what was sent into it.
func DialSmall(to *unix.SockaddrInet4, receive int) (client int, err error) {
	return dial(to, func(fd int) error {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receive/2); err != nil { // the kernel doubles it: socket(7)
			return fmt.Errorf("setsockopt SO_RCVBUF: %w", err)
		}
		return nil
	})
}

// dial connects a socket that was prepared.
func dial(to *unix.SockaddrInet4, prepare func(fd int) error) (client int, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w%s", err, limitHint(err))
	}
	err = prepare(fd)
	if err == nil {
		err = connect(fd, to)
	}
	if err != nil {
		Close(fd)
		return -1, err
	}
	return fd, nil
}

// bindShared binds a socket to an end that other sockets may be bound to, too, as long as none of them listens there.
func bindShared(fd int, at *unix.SockaddrInet4) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("setsockopt SO_REUSEADDR: %w", err)
	}
	if err := unix.Bind(fd, at); err != nil {
		return fmt.Errorf("bind %v: %w", end(at), err)
	}
	return nil
}

func end(at *unix.SockaddrInet4) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port))
}

func connect(fd int, to *unix.SockaddrInet4) error {
	if err := unix.Connect(fd, to); err != nil {
		return fmt.Errorf("connect to %v: %w", end(to), err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("setsockopt TCP_NODELAY: %w", err)
	}
	return Nonblock(fd, true)
}

// Accept takes the next connection out of the accept queue; EAGAIN when it is empty.
func (l *Listener) Accept() (server int, err error) {
	fd, _, err := unix.Accept4(l.FD, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("accept4: %w%s", err, limitHint(err))
	}
	return fd, nil
}

// Connect makes a connection and gives both ends of it.
func (l *Listener) Connect() (client, server int, err error) {
	if client, err = l.Dial(); err != nil {
		return -1, -1, err
	}
	if server, err = l.Accept(); err == nil {
		err = unix.SetsockoptInt(server, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err != nil {
		Close(client, server)
		return -1, -1, err
	}
	return client, server, nil
}

// Eventfd gives an event counter: the cheapest thing that can become ready. It is readable while its count is not 0.
func Eventfd(count uint) (int, error) {
	fd, err := unix.Eventfd(count, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("eventfd: %w%s", err, limitHint(err))
	}
	return fd, nil
}

// Nonblock sets or clears O_NONBLOCK, which belongs to the open file description and so to every duplicate of fd.
func Nonblock(fd int, on bool) error {
	if err := unix.SetNonblock(fd, on); err != nil {
		return fmt.Errorf("fcntl O_NONBLOCK of descriptor %d: %w", fd, err)
	}
	return nil
}

func limitHint(err error) string {
	switch {
	case errors.Is(err, unix.EMFILE):
		return " (this process may open no more descriptors: raise ulimit -n)"
	case errors.Is(err, unix.ENFILE):
		return " (this machine may open no more files: see fs.file-max)"
	}
	return ""
}
