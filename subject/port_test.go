//go:build linux

package subject

import (
	"io"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReservedPortsDiffer(t *testing.T) {
	clean(t)
	seen := map[netip.AddrPort]bool{}
	var claims []io.Closer
	for range 50 {
		a, claim, err := reservePort()
		require.NoError(t, err)
		require.False(t, seen[a])
		require.Less(t, int(a.Port()), clientPorts(), "the kernel gives it to no client")
		seen[a] = true
		claims = append(claims, claim)
		l, err := net.Listen("tcp", a.String())
		require.NoError(t, err, "a server can have it")
		require.NoError(t, l.Close())
	}
	for _, c := range claims {
		require.NoError(t, c.Close())
	}
}

func TestBoundPortsAreNotFree(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	require.False(t, free(port))
	require.NoError(t, l.Close())
	require.True(t, free(port))
}

func TestAddresses(t *testing.T) {
	at := netip.MustParseAddrPort
	for _, c := range []struct {
		bound, want string
		covers      bool
	}{
		{"127.0.0.1:80", "127.0.0.1:80", true},
		{"127.0.0.1:80", "127.0.0.1:81", false},
		{"127.0.0.2:80", "127.0.0.1:80", false},
		{"0.0.0.0:80", "127.0.0.1:80", true},
		{"0.0.0.0:80", "[::1]:80", false},
		{"[::]:80", "127.0.0.1:80", true},
		{"[::]:80", "[::1]:80", true},
		{"[::1]:80", "127.0.0.1:80", false},
	} {
		require.Equal(t, c.covers, covers(at(c.bound), at(c.want)), "%s for %s", c.bound, c.want)
	}
	for given, want := range map[string]string{
		"127.0.0.1:80": "127.0.0.1:80", ":80": "0.0.0.0:80", "localhost:80": "127.0.0.1:80", "[::ffff:127.0.0.1]:80": "127.0.0.1:80",
	} {
		got, err := parseAddress(given)
		require.NoError(t, err)
		require.Equal(t, at(want), got, given)
	}
}
