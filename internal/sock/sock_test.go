//go:build linux

package sock

import (
	"os"
	"testing"
	"time"

	"github.com/iospec/iospec/internal/proc"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func bag(t *testing.T) *Bag {
	var b Bag
	t.Cleanup(b.Close)
	return &b
}

func openDescriptors(t *testing.T) int {
	open, err := proc.OpenFiles(os.Getpid())
	require.NoError(t, err)
	return len(open)
}

func TestPairsCarryBytesAndDoNotBlock(t *testing.T) {
	for name, pair := range map[string]func(*Bag) (int, int, error){"unix": (*Bag).Pair, "tcp": (*Bag).TCPPair} {
		t.Run(name, func(t *testing.T) {
			a, b, err := pair(bag(t))
			require.NoError(t, err)
			buf := make([]byte, 8)
			for _, fd := range []int{a, b} {
				_, err = unix.Read(fd, buf)
				require.ErrorIs(t, err, unix.EAGAIN)
			}
			_, err = unix.Write(a, []byte("abc"))
			require.NoError(t, err)
			n, err := Poll(PollSet(unix.POLLIN, b), time.Second)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			n, err = unix.Read(b, buf)
			require.NoError(t, err)
			require.Equal(t, "abc", string(buf[:n]))
		})
	}
}

func TestTheThreeDemultiplexersAgree(t *testing.T) {
	b := bag(t)
	fds, err := b.Eventfds(5)
	require.NoError(t, err)
	ep, err := b.Epoll()
	require.NoError(t, err)
	for _, fd := range fds {
		require.NoError(t, ep.Add(fd, unix.EPOLLIN))
	}
	ready := []int{fds[1], fds[4]}
	for _, fd := range ready {
		_, err := unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		require.NoError(t, err)
	}

	set := NewFDSet(fds[4]+1, fds...)
	n, err := Select(fds[4]+1, set, nil, nil, time.Second)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, ready, set.List())
	require.True(t, set.Has(fds[1]))
	require.False(t, set.Has(fds[2]))

	polled := PollSet(unix.POLLIN, fds...)
	n, err = Poll(polled, time.Second)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NotZero(t, polled[1].Revents)
	require.Zero(t, polled[2].Revents)

	reported, err := ep.Ready(10)
	require.NoError(t, err)
	require.ElementsMatch(t, ready, reported)
}

func TestWaitsEndAtTheirTimeout(t *testing.T) {
	b := bag(t)
	fds, err := b.Eventfds(1)
	require.NoError(t, err)
	ep, err := b.Epoll()
	require.NoError(t, err)
	require.NoError(t, ep.Add(fds[0], unix.EPOLLIN))
	started := time.Now()
	events, err := ep.Wait(1, 5*time.Millisecond)
	require.NoError(t, err)
	require.Empty(t, events)
	n, err := Select(fds[0]+1, NewFDSet(fds[0]+1, fds[0]), nil, nil, 5*time.Millisecond)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = Poll(PollSet(unix.POLLIN, fds[0]), 5*time.Millisecond)
	require.NoError(t, err)
	require.Zero(t, n)
	require.GreaterOrEqual(t, time.Since(started), 15*time.Millisecond)
}

func TestBagClosesEachDescriptorOnce(t *testing.T) {
	before := openDescriptors(t)
	var b Bag
	x, _, err := b.TCPPair()
	require.NoError(t, err)
	_, err = b.Eventfds(3)
	require.NoError(t, err)
	require.NoError(t, b.DupAt(x, 900))
	require.Error(t, b.DupAt(x, 900), "the number is taken")
	require.Equal(t, before+6, openDescriptors(t))
	b.Drop(900)
	require.Equal(t, before+5, openDescriptors(t))
	b.Close()
	b.Close()
	require.Equal(t, before, openDescriptors(t))
}

func TestProtectedMemoryFaultsInTheKernel(t *testing.T) {
	m, err := NewMemory(4096)
	require.NoError(t, err)
	defer m.Free()
	b := bag(t)
	a, z, err := b.Pair()
	require.NoError(t, err)
	_, err = unix.Write(a, []byte("x"))
	require.NoError(t, err)
	require.NoError(t, m.Protect(unix.PROT_READ))
	_, err = unix.Read(z, m)
	require.ErrorIs(t, err, unix.EFAULT)
	require.NoError(t, m.Protect(unix.PROT_READ|unix.PROT_WRITE))
	n, err := unix.Read(z, m)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestRaiseLimitSaysWhatIsMissing(t *testing.T) {
	require.NoError(t, RaiseLimit(64))
	err := RaiseLimit(1 << 40)
	require.ErrorIs(t, err, ErrLimit)
	require.ErrorContains(t, err, "hard limit")
}
