package iocp

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// fresh makes a new port and a new connection.
func (d *desk) fresh() (string, error) {
	for _, h := range []windows.Handle{d.client, d.server} {
		if h != 0 {
			_ = windows.Closesocket(h)
		}
	}
	if d.port != 0 {
		_ = windows.CloseHandle(d.port)
	}
	kept := d.operations
	*d = desk{}
	graveyard = append(graveyard, kept...)
	var err error
	if d.port, err = windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, 0); err != nil {
		return "", fmt.Errorf("CreateIoCompletionPort: %w", err)
	}
	if err := d.connect(); err != nil {
		return "", err
	}
	if _, err := windows.CreateIoCompletionPort(d.server, d.port, key, 0); err != nil {
		return "", fmt.Errorf("CreateIoCompletionPort: %w", err)
	}
	server, err := portOf(d.server)
	if err != nil {
		return "", err
	}
	client, err := portOf(d.client)
	return fmt.Sprint(server, " ", client), err
}

// graveyard keeps operations of earlier connections: their memory is the kernel's until they have ended, and nobody looks.
var graveyard []*operation

// connect makes both sides of a connection. The server's comes from AcceptEx, on a port of its own.
func (d *desk) connect() error {
	listener, err := socket()
	if err != nil {
		return err
	}
	defer func() { _ = windows.Closesocket(listener) }()
	if err := windows.Bind(listener, &windows.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if err := windows.Listen(listener, 1); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	to, err := windows.Getsockname(listener)
	if err != nil {
		return fmt.Errorf("getsockname: %w", err)
	}
	if d.server, err = socket(); err != nil {
		return err
	}
	if d.client, err = socket(); err != nil {
		return err
	}
	return accept(listener, d.server, func() error { return windows.Connect(d.client, to) })
}

// accept lets a client in, by an operation, while connect runs.
func accept(listener, server windows.Handle, connect func() error) error {
	port, err := windows.CreateIoCompletionPort(listener, 0, 0, 0)
	if err != nil {
		return fmt.Errorf("CreateIoCompletionPort: %w", err)
	}
	defer func() { _ = windows.CloseHandle(port) }()
	const size = uint32(unsafe.Sizeof(windows.RawSockaddrAny{}) + 16)
	o := &operation{buffer: make([]byte, 2*size)}
	graveyard = append(graveyard, o)
	var n uint32
	err = windows.AcceptEx(listener, server, &o.buffer[0], 0, size, size, &n, &o.overlapped)
	if err != nil && err != windows.ERROR_IO_PENDING {
		return fmt.Errorf("AcceptEx: %w", err)
	}
	if err := connect(); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	var k uintptr
	var done *windows.Overlapped
	if err := windows.GetQueuedCompletionStatus(port, &n, &k, &done, windows.INFINITE); err != nil {
		return fmt.Errorf("AcceptEx: %w", err)
	}
	err = windows.Setsockopt(server, windows.SOL_SOCKET, windows.SO_UPDATE_ACCEPT_CONTEXT,
		(*byte)(unsafe.Pointer(&listener)), int32(unsafe.Sizeof(listener)))
	if err != nil {
		return fmt.Errorf("setsockopt: %w", err)
	}
	return nil
}

func socket() (windows.Handle, error) {
	h, err := windows.WSASocket(windows.AF_INET, windows.SOCK_STREAM, windows.IPPROTO_TCP, nil, 0, windows.WSA_FLAG_OVERLAPPED)
	if err != nil {
		return 0, fmt.Errorf("WSASocket: %w", err)
	}
	return h, nil
}

func portOf(h windows.Handle) (int, error) {
	name, err := windows.Getsockname(h)
	if err != nil {
		return 0, fmt.Errorf("getsockname: %w", err)
	}
	return name.(*windows.SockaddrInet4).Port, nil
}

// drain reads what the server has sent, with calls that block.
func (d *desk) drain(n int) error {
	buffer := make([]byte, 64<<10)
	for n > 0 {
		what := windows.WSABuf{Len: uint32(min(n, len(buffer))), Buf: &buffer[0]}
		var got, flags uint32
		if err := windows.WSARecv(d.client, &what, 1, &got, &flags, nil, nil); err != nil {
			return fmt.Errorf("WSARecv: %w", err)
		}
		if got == 0 {
			return fmt.Errorf("the server ended, with %d bytes to come", n)
		}
		n -= int(got)
	}
	return nil
}

// say has the client send all of p, with one call that blocks.
func (d *desk) say(p []byte) error {
	what := windows.WSABuf{Len: uint32(len(p)), Buf: unsafe.SliceData(p)}
	var n uint32
	if err := windows.WSASend(d.client, &what, 1, &n, 0, nil, nil); err != nil {
		return fmt.Errorf("WSASend: %w", err)
	}
	if int(n) != len(p) {
		return fmt.Errorf("WSASend sent %d of %d bytes", n, len(p))
	}
	return nil
}

// system says who plays Windows.
func system() string {
	if version := windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version"); version.Find() == nil {
		text, _, _ := version.Call()
		return "Wine " + windows.BytePtrToString(*(**byte)(unsafe.Pointer(&text)))
	}
	v := windows.RtlGetVersion()
	return fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}
