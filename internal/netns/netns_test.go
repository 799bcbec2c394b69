//go:build linux

package netns

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestSocketsShareANetworkOfTheirOwn(t *testing.T) {
	udp := Spec{Domain: unix.AF_INET, Type: unix.SOCK_DGRAM}
	fds, err := Sockets(udp, udp, Spec{Domain: unix.AF_INET, Type: unix.SOCK_RAW, Protocol: unix.IPPROTO_RAW}, Spec{File: "/proc/self/net/snmp"})
	if errors.Is(err, ErrRefused) {
		t.Skip(err)
	}
	require.NoError(t, err)
	defer closeAll(fds)
	require.Len(t, fds, 4)

	require.NoError(t, unix.Bind(fds[0], &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	at, err := unix.Getsockname(fds[0])
	require.NoError(t, err)
	require.NoError(t, unix.Sendto(fds[1], []byte("hello"), 0, at), "the second socket reaches the first")
	got := make([]byte, 8)
	n, _, err := unix.Recvfrom(fds[0], got, 0)
	require.NoError(t, err)
	require.Equal(t, "hello", string(got[:n]))

	snmp := make([]byte, 4096)
	n, err = unix.Pread(fds[3], snmp, 0)
	require.NoError(t, err)
	require.Contains(t, string(snmp[:n]), "\nUdp: 1 0 0 1 ", "one datagram in and one out: these are the counters of that network alone")

	here, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer unix.Close(here)
	require.NoError(t, unix.Bind(here, at), "in our own network that port is free")
}

func TestAFailureInTheChildIsTold(t *testing.T) {
	_, err := Sockets(Spec{Domain: 9999})
	if errors.Is(err, ErrRefused) {
		t.Skip(err)
	}
	require.ErrorContains(t, err, "socket(9999, 0, 0): address family not supported")
}

func TestManySocketsAndASettingShareOneNetwork(t *testing.T) {
	const somaxconn = "/proc/sys/net/core/somaxconn"
	specs := []Spec{{File: somaxconn, Write: true}}
	for range 3 * batch {
		specs = append(specs, Spec{Domain: unix.AF_INET, Type: unix.SOCK_STREAM})
	}
	before, err := os.ReadFile(somaxconn)
	require.NoError(t, err)
	fds, err := Sockets(specs...)
	if errors.Is(err, ErrRefused) {
		t.Skip(err)
	}
	require.NoError(t, err)
	defer closeAll(fds)
	require.Len(t, fds, len(specs))

	_, err = unix.Pwrite(fds[0], []byte("7"), 0)
	require.NoError(t, err, "whoever made the network may set what holds in it")
	last := fds[len(fds)-1]
	require.NoError(t, unix.Bind(last, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, unix.Listen(last, 100))
	info, err := unix.GetsockoptTCPInfo(last, unix.IPPROTO_TCP, unix.TCP_INFO)
	require.NoError(t, err)
	require.EqualValues(t, 7, info.Sacked, "the listener of the last batch has the bound that was set")
	after, err := os.ReadFile(somaxconn)
	require.NoError(t, err)
	require.Equal(t, before, after, "nothing was set here")
}
