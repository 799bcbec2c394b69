package server

import (
	"fmt"
	"net/netip"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"
)

// On Windows a socket is a HANDLE. Its value is a small number (a multiple of 4, and one that is closed is given again), so
// it serves as the descriptor of a Conn, and as an index.

// startup makes the sockets of this process usable, which Windows wants to be asked for.
var startup = sync.OnceValue(func() error {
	var data windows.WSAData
	return os.NewSyscallError("WSAStartup", windows.WSAStartup(0x0202, &data))
})

// NewSocket makes a TCP socket on which operations can be started. It is not inherited by other processes.
func NewSocket(family int) (windows.Handle, error) {
	if err := startup(); err != nil {
		return windows.InvalidHandle, err
	}
	const flags = windows.WSA_FLAG_OVERLAPPED | windows.WSA_FLAG_NO_HANDLE_INHERIT
	h, err := windows.WSASocket(int32(family), windows.SOCK_STREAM, windows.IPPROTO_TCP, nil, 0, flags)
	return h, os.NewSyscallError("WSASocket", err)
}

// listen opens a listening socket. There is no SO_REUSEADDR: on Windows it would let others take the port over.
func listen(address string, _ int, _ ...int) (fd int, bound netip.AddrPort, err error) {
	where, err := netip.ParseAddrPort(address)
	if err != nil {
		return -1, bound, fmt.Errorf("listen: %w (want an IP address and a port, such as 127.0.0.1:7777)", err)
	}
	family, sa := sockaddr(where)
	h, err := NewSocket(family)
	if err != nil {
		return -1, bound, fmt.Errorf("listen on %s: %w", where, err)
	}
	defer func() {
		if err != nil {
			CloseFD(int(h))
			fd, err = -1, fmt.Errorf("listen on %s: %w", where, err)
		}
	}()
	if err := windows.Bind(h, sa); err != nil {
		return -1, bound, os.NewSyscallError("bind", err)
	}
	if err := windows.Listen(h, windows.SOMAXCONN); err != nil {
		return -1, bound, os.NewSyscallError("listen", err)
	}
	name, err := windows.Getsockname(h)
	if err != nil {
		return -1, bound, os.NewSyscallError("getsockname", err)
	}
	return int(h), netip.AddrPortFrom(where.Addr(), port(name)), nil
}

func sockaddr(where netip.AddrPort) (family int, sa windows.Sockaddr) {
	if addr := where.Addr().Unmap(); addr.Is4() {
		return windows.AF_INET, &windows.SockaddrInet4{Port: int(where.Port()), Addr: addr.As4()}
	}
	return windows.AF_INET6, &windows.SockaddrInet6{Port: int(where.Port()), Addr: where.Addr().As16()}
}

func port(sa windows.Sockaddr) uint16 {
	switch sa := sa.(type) {
	case *windows.SockaddrInet4:
		return uint16(sa.Port)
	case *windows.SockaddrInet6:
		return uint16(sa.Port)
	}
	return 0
}

// send sends nothing: on Windows all servers start their operations (Desk.Deferred), and none sends by a call.
func (d *Desk) send(int32, []byte) (n int, err syscall.Errno) { return 0, syscall.EAGAIN }

// endSending tells the other side that nothing more comes.
func endSending(fd int32) error { return windows.Shutdown(windows.Handle(fd), windows.SHUT_WR) }

// CloseFD closes a socket. Its error is of no use: the handle is gone in any case.
func CloseFD(fd int) { _ = windows.Closesocket(windows.Handle(fd)) }
