package server

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// Open listens, and from then on turns a cancelled context, SIGTERM and SIGINT into the word to stop. A second signal
// ends the process at once.
func Open(ctx context.Context, cfg Config) (*Door, error) {
	stop, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("eventfd2", err)
	}
	one := [8]byte{1} // a 64-bit number to add, and any will do
	d, err := newDoor(ctx, cfg, unix.SOCK_NONBLOCK, func(int) { _, _ = unix.Write(stop, one[:]) })
	if err != nil {
		CloseFD(stop)
		return nil, err
	}
	d.Stop = stop
	return d, nil
}

// Accept takes one connection. Its error is EAGAIN when nobody waits, or says that no descriptor is left: Full.
func (d *Door) Accept() (fd int, err unix.Errno) {
	if fd, err = Accept(d.Listener); err == 0 {
		d.pause = 0
	}
	return fd, err
}

// Full reports whether accept failed for want of descriptors or memory. The client is still in the queue then, and
// the listener still ready, so that a server which goes on waiting for it spins.
func Full(err unix.Errno) bool {
	switch err {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		return true
	}
	return false
}
