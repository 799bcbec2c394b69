//go:build linux

package steps

import (
	"fmt"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
)

// inheritNonblockSteps defines the steps of trigger.edge-nonblocking that are about accepted sockets.
func inheritNonblockSteps(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	var listener *sock.Listener
	sc.Given(`^a non-blocking listening socket with two clients in its accept queue$`, func() (err error) {
		w.Cleanup(bag.Close)
		if listener, err = sock.Listen(8); err != nil {
			return err
		}
		bag.Add(listener.FD)
		for range 2 {
			client, err := listener.Dial()
			if err != nil {
				return err
			}
			bag.Add(client)
		}
		return nil
	})
	sc.Then(`^the socket that accept returns is blocking, and the one that accept4 returns with SOCK_NONBLOCK is not$`, func() error {
		for flags, want := range map[int]bool{0: false, unix.SOCK_NONBLOCK: true} {
			got, err := acceptedNonblock(listener, &bag, flags)
			if err != nil {
				return err
			}
			if got != want {
				return check.Failf(fmt.Sprintf("accept4 with flags %#x gives a socket with O_NONBLOCK: %t", flags, want), "%t", got)
			}
		}
		return nil
	})
}

// acceptedNonblock accepts and tells whether the new socket has O_NONBLOCK.
func acceptedNonblock(l *sock.Listener, bag *sock.Bag, flags int) (bool, error) {
	if _, err := sock.Poll(sock.PollSet(unix.POLLIN, l.FD), await.Patience); err != nil {
		return false, err
	}
	fd, _, err := unix.Accept4(l.FD, flags|unix.SOCK_CLOEXEC)
	if err != nil {
		return false, fmt.Errorf("accept4: %w", err)
	}
	bag.Add(fd)
	status, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return false, fmt.Errorf("fcntl F_GETFL: %w", err)
	}
	return status&unix.O_NONBLOCK != 0, nil
}
