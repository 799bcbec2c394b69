//go:build linux

package arrival

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/sock"
)

func TestWhatArrivesIsAwaited(t *testing.T) {
	client, server, err := sock.TCPPair()
	require.NoError(t, err)
	defer sock.Close(server)

	_, err = unix.Write(client, make([]byte, 5))
	require.NoError(t, err)
	require.NoError(t, Bytes(server, 5))
	n, err := unix.Read(server, make([]byte, 8))
	require.NoError(t, err)
	require.Equal(t, 5, n, "all of it lies there")
	require.NoError(t, Bytes(server, 5), "what was read has arrived nevertheless")
	require.NoError(t, Acknowledged(client))

	require.NoError(t, unix.Shutdown(client, unix.SHUT_WR))
	require.NoError(t, Close(server))
	n, err = unix.Read(server, make([]byte, 8))
	require.NoError(t, err)
	require.Zero(t, n, "the end can be read")

	require.NoError(t, unix.SetsockoptLinger(client, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
	sock.Close(client)
	require.NoError(t, Reset(server))
	_, err = unix.Write(server, []byte{0})
	require.Error(t, err)
}

func TestOnlyTCPIsAwaited(t *testing.T) {
	a, b, err := sock.Pair()
	require.NoError(t, err)
	defer sock.Close(a, b)
	require.ErrorContains(t, Bytes(a, 1), "TCP_INFO")
}
