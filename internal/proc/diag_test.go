//go:build linux

package proc

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestFindAgreesWithTables asks both ways about the same sockets, which nobody else changes.
func TestFindAgreesWithTables(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp"} {
		host := map[string]string{"tcp4": "127.0.0.1", "tcp": ""}[network] // "" is dual stack
		l, err := net.Listen(network, net.JoinHostPort(host, "0"))
		require.NoError(t, err)
		port := l.Addr().(*net.TCPAddr).AddrPort().Port()
		c, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
		require.NoError(t, err)
		_, err = c.Write([]byte("twelve bytes"))
		require.NoError(t, err)
		server, err := l.Accept()
		require.NoError(t, err)

		tables, err := Sockets(os.Getpid())
		require.NoError(t, err)
		for _, q := range []Query{{Port: port}, {Peer: port}, {Port: port, States: []TCPState{Listen}}, {Port: port, States: []TCPState{Established}}} {
			got, err := diag(q)
			if err != nil {
				t.Skip("sock_diag is not to be had here: ", err)
			}
			var want []Socket
			for _, s := range tables {
				if q.matches(s) {
					want = append(want, s)
				}
			}
			for i := range got {
				if got[i].State == Listen {
					require.Positive(t, got[i].SendQueue, "sock_diag tells the bound of the accept queue")
					got[i].SendQueue = 0
				}
			}
			require.NotEmpty(t, got)
			require.ElementsMatch(t, want, got, "%+v", q)
		}
		ours, theirs := netip.MustParseAddrPort(c.LocalAddr().String()), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
		for _, ends := range [][2]netip.AddrPort{{ours, theirs}, {theirs, ours}} {
			got, found, err := Connection(ends[0], ends[1])
			require.NoError(t, err)
			require.True(t, found)
			require.Contains(t, tables, got)
			require.Equal(t, ends[0], got.Local)
		}
		_, found, err := Connection(theirs, netip.AddrPortFrom(theirs.Addr(), port))
		require.NoError(t, err)
		require.False(t, found, "the listener is no connection")
		require.NoError(t, server.Close())
		require.NoError(t, c.Close())
		require.NoError(t, l.Close())
	}
}

func TestParseDiagRefuses(t *testing.T) {
	refused := []byte{20, 0, 0, 0, unix.NLMSG_ERROR, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff}
	littleEndianOnly(t)
	_, _, err := parseDiag(refused)
	require.ErrorIs(t, err, unix.ENOENT)
	_, _, err = parseDiag([]byte{200, 0, 0, 0, byFamily, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	require.ErrorContains(t, err, "200 bytes in 16")
	_, _, err = parseDiag([]byte{16, 0, 0, 0, byFamily, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	require.ErrorContains(t, err, "kind 20 with 0 bytes")
}

func FuzzParseDiag(f *testing.F) {
	f.Add(make([]byte, 200))
	f.Add(Query{Port: 80}.request(unix.AF_INET, unix.NLM_F_REQUEST))
	f.Fuzz(func(t *testing.T, b []byte) {
		sockets, _, err := parseDiag(b)
		if err == nil {
			require.LessOrEqual(t, len(sockets), len(b)/answerLength)
		}
	})
}
