//go:build linux

package counterexamples

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// lateGift is the set of a sub-reactor that gives a connection away as the last thing that it does.
type lateGift struct {
	set
	fd int
	to *sub
}

func (l *lateGift) close() {
	l.set.close()
	l.to.give(l.fd)
}

// TestLateGift holds that a connection is closed though it is given to a sub-reactor that has ended. The one that gives
// is told to stop by itself, and so after the other.
func TestLateGift(t *testing.T) {
	dial(t, idleListener(t)) // what the runtime starts once, for its network poller, is there from now on
	before := openFiles(t)
	gift, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	stop, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, serveSubs(ctx, server.Config{
		Address: "127.0.0.1:0", Protocol: "line", Listening: func(netip.AddrPort) { cancel() },
	}, func(_ *loop, subs []*sub) {
		subs[1].door.Stop = stop
		subs[1].set = &lateGift{subs[1].set, gift, subs[0]}
	}))

	server.CloseFD(stop)
	require.Equal(t, before, openFiles(t), "descriptors left")
}
