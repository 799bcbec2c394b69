//go:build linux

package server

import (
	"fmt"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// backlog is how many finished connections may wait to be accepted. The kernel cuts it to net.core.somaxconn.
const backlog = 4096

// Listen opens a non-blocking listening socket. Connections inherit its TCP_NODELAY, because the kernel makes them by
// cloning the listener (inet_csk_clone_lock): that saves a call per connection.
func Listen(address string) (fd int, bound netip.AddrPort, err error) {
	return listen(address, unix.SOCK_NONBLOCK)
}

// listen takes further options of SOL_SOCKET, to be switched on.
func listen(address string, flags int, options ...int) (fd int, bound netip.AddrPort, err error) {
	where, err := netip.ParseAddrPort(address)
	if err != nil {
		return -1, bound, fmt.Errorf("listen: %w (want an IP address and a port, such as 127.0.0.1:7777)", err)
	}
	domain, sa := sockaddr(where)
	fd, err = unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, 0)
	if err != nil {
		return -1, bound, fmt.Errorf("listen on %s: %w", where, os.NewSyscallError("socket", err))
	}
	defer func() {
		if err != nil {
			CloseFD(fd)
			fd, err = -1, fmt.Errorf("listen on %s: %w", where, err)
		}
	}()
	type option struct{ level, name int }
	all := []option{
		{unix.SOL_SOCKET, unix.SO_REUSEADDR}, // start again at once, though old connections are in TIME_WAIT
		{unix.IPPROTO_TCP, unix.TCP_NODELAY}, // a small reply does not wait for the client's acknowledgement
	}
	for _, name := range options {
		all = append(all, option{unix.SOL_SOCKET, name})
	}
	for _, o := range all {
		if err := unix.SetsockoptInt(fd, o.level, o.name, 1); err != nil {
			return fd, bound, os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.Bind(fd, sa); err != nil {
		return fd, bound, os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return fd, bound, os.NewSyscallError("listen", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return fd, bound, os.NewSyscallError("getsockname", err)
	}
	return fd, netip.AddrPortFrom(where.Addr(), port(name)), nil
}

func sockaddr(where netip.AddrPort) (domain int, sa unix.Sockaddr) {
	if addr := where.Addr().Unmap(); addr.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(where.Port()), Addr: addr.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(where.Port()), Addr: where.Addr().As16()}
}

func port(sa unix.Sockaddr) uint16 {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return uint16(sa.Port)
	case *unix.SockaddrInet6:
		return uint16(sa.Port)
	}
	return 0
}

// Accept takes one connection from a non-blocking listener and makes it non-blocking in the same call. The peer's
// address is not asked for: nothing here needs it.
func Accept(listener int) (fd int, err unix.Errno) {
	for {
		r, _, err := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		if err == 0 || acceptFails(err) {
			return int(r), err
		}
	}
}

// acceptFails reports whether an error of accept is the caller's concern. The others are that of the one connection at
// the head of the queue, which accept has taken off it: ECONNABORTED, EPROTO, or an error of its network (accept(2),
// "Error handling"). The next may be well.
func acceptFails(err unix.Errno) bool {
	switch err {
	case unix.EAGAIN, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EBADF, unix.EINVAL, unix.ENOTSOCK:
		return true
	}
	return false
}

// recv reads from a socket. 0 bytes without an error are the end of what the client sends.
func (d *Desk) recv(fd int32, p []byte) (n int, err unix.Errno) {
	n, err = d.transfer(unix.SYS_RECVFROM, fd, p, 0)
	d.short = n < len(p)
	return n, err
}

// send writes to a socket, as much as its buffer takes: less than p when it is full. MSG_NOSIGNAL turns the signal for
// a connection that is gone into the error EPIPE. If sending is deferred, nothing goes out.
func (d *Desk) send(fd int32, p []byte) (n int, err unix.Errno) {
	if d.Deferred {
		return 0, unix.EAGAIN
	}
	return d.transfer(unix.SYS_SENDTO, fd, p, unix.MSG_NOSIGNAL)
}

func (d *Desk) transfer(call uintptr, fd int32, p []byte, flags uintptr) (n int, err unix.Errno) {
	for {
		var r uintptr
		if d.Blocking {
			r, _, err = unix.Syscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		} else {
			r, _, err = unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		}
		if err == 0 {
			return int(r), 0
		}
		if err != unix.EINTR {
			return 0, err
		}
	}
}

// CloseFD closes a descriptor. Its error is of no use: the descriptor is free in any case (close(2)).
func CloseFD(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// endSending tells the other side that nothing more comes.
func endSending(fd int32) error { return unix.Shutdown(int(fd), unix.SHUT_WR) }
