//go:build linux

package server

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func openDoor(t *testing.T, protocol string) (d *Door, address string) {
	t.Helper()
	d, err := Open(t.Context(), Config{Address: "127.0.0.1:0", Protocol: protocol, Listening: func(a netip.AddrPort) { address = a.String() }})
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d, address
}

// TestIdleMemory holds the price of an idle connection: its place, its Conn, its handler.
func TestIdleMemory(t *testing.T) {
	const n = 20_000
	for protocol := range Protocols {
		t.Run(protocol, func(t *testing.T) {
			door, _ := openDoor(t, protocol)
			table := NewTable(door)
			before := heap()
			for fd := range n {
				table.Add(fd)
			}
			per := float64(heap()-before) / n
			t.Logf("%.1f bytes per idle connection", per)
			require.LessOrEqual(t, per, 64.0)
			runtime.KeepAlive(table)
		})
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestConnectionsAreAsAccepted holds what is relied upon: connections are non-blocking, end at exec, and have inherited
// TCP_NODELAY from the listener.
func TestConnectionsAreAsAccepted(t *testing.T) {
	door, address := openDoor(t, "echo")
	_, err := door.Accept()
	require.Equal(t, unix.EAGAIN, err)
	c, dialErr := net.Dial("tcp", address)
	require.NoError(t, dialErr)
	defer func() { _ = c.Close() }()
	fd, err := door.Accept()
	require.Zero(t, err)
	defer CloseFD(fd)
	nodelay, e := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
	require.NoError(t, e)
	require.NotZero(t, nodelay)
	flags, e := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	require.NoError(t, e)
	require.NotZero(t, flags&unix.O_NONBLOCK)
	flags, e = unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	require.NoError(t, e)
	require.NotZero(t, flags&unix.FD_CLOEXEC)
}

func TestOpenRefuses(t *testing.T) {
	door, address := openDoor(t, "echo")
	require.NotNil(t, door)
	for _, c := range []struct {
		name  string
		cfg   Config
		hints []string
	}{
		{"a name for an address", Config{Address: "localhost:80", Protocol: "echo"}, []string{"localhost", "want an IP address and a port"}},
		{"an unknown protocol", Config{Address: "127.0.0.1:0", Protocol: "http"}, []string{`"http"`, "echo, line"}},
		{"a port in use", Config{Address: address, Protocol: "echo"}, []string{address, "bind", "address already in use"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(t.Context(), c.cfg)
			require.Error(t, err)
			for _, hint := range c.hints {
				require.ErrorContains(t, err, hint)
			}
		})
	}
}

func TestListenOnIPv6(t *testing.T) {
	fd, bound, err := Listen("[::1]:0")
	if err != nil && strings.Contains(err.Error(), "address family not supported") {
		t.Skip("no IPv6 here: ", err)
	}
	require.NoError(t, err)
	defer CloseFD(fd)
	require.NotZero(t, bound.Port())
	require.True(t, bound.Addr().Is6())
}

// TestStopIsHeard holds that a cancelled context makes the eventfd readable.
func TestStopIsHeard(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	door, err := Open(ctx, Config{Address: "127.0.0.1:0", Protocol: "echo"})
	require.NoError(t, err)
	defer door.Close()
	fds := []unix.PollFd{{Fd: int32(door.Stop), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	require.NoError(t, err)
	require.Zero(t, n)
	cancel()
	n, err = unix.Poll(fds, 10_000)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}
