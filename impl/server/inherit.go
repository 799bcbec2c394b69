//go:build linux

package server

import (
	"context"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// This file is for servers of several processes. One of them, the master, opens the door; the others, its workers, are
// started with the descriptors that they need, and with the master's configuration but for what a process cannot be
// told: where to log, and whom to call.

// Inherit makes the door of a worker process from what its master opened. Either may be -1: a worker that is handed its
// connections has no listener, one that is told to stop in another way has no eventfd. Signals are not its business.
func Inherit(cfg Config, listener, stop int) (*Door, error) {
	newHandler, err := findProtocol(cfg.Protocol)
	if err != nil {
		return nil, err
	}
	d := &Door{Listener: listener, Stop: stop, newHandler: newHandler, cfg: cfg, closed: make(chan struct{}), watched: make(chan struct{})}
	close(d.watched) // nobody will write
	return d, nil
}

// OpenShards opens a door with n listeners on the same port (SO_REUSEPORT, socket(7)): the kernel gives each connection
// to one of them, by a hash of its addresses. The first is the door's own, and closed with it; the others are the
// caller's to close.
func OpenShards(ctx context.Context, cfg Config, n int) (d *Door, others []int, err error) {
	cfg.options = []int{unix.SO_REUSEPORT}
	if d, err = Open(ctx, cfg); err != nil {
		return nil, nil, err
	}
	if others, err = d.shards(n - 1); err != nil {
		d.Close()
		return nil, nil, err
	}
	return d, others, nil
}

func (d *Door) shards(n int) (fds []int, err error) {
	name, err := unix.Getsockname(d.Listener)
	if err != nil {
		return nil, os.NewSyscallError("getsockname", err)
	}
	where := netip.AddrPortFrom(netip.MustParseAddrPort(d.cfg.Address).Addr(), port(name)).String()
	for range n {
		fd, _, err := listen(where, unix.SOCK_NONBLOCK, d.cfg.options...)
		if err != nil {
			for _, fd := range fds {
				CloseFD(fd)
			}
			return nil, err
		}
		fds = append(fds, fd)
	}
	return fds, nil
}
