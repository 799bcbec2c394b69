//go:build linux

package steps

import (
	"errors"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// twoAcceptorsSteps defines the steps of hint.feature that are about a listening socket with two acceptors.
func twoAcceptorsSteps(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	var listener *sock.Listener
	var instances [2]sock.Epoll
	var second *thread.Thread
	var accepted error
	accept := func() error {
		fd, err := listener.Accept()
		sock.Close(fd)
		return err
	}
	sc.Given(`^two epoll instances that watch one listening socket$`, func() (err error) {
		w.Cleanup(bag.Close)
		if listener, err = sock.Listen(8); err != nil {
			return err
		}
		bag.Add(listener.FD)
		for i := range instances {
			if instances[i], err = bag.Epoll(); err != nil {
				return err
			}
			if err = instances[i].Add(listener.FD, unix.EPOLLIN); err != nil {
				return err
			}
		}
		return nil
	})
	sc.When(`^a client connects to it$`, func() error {
		client, err := listener.Dial()
		bag.Add(client)
		return err
	})
	sc.Then(`^both instances report the listening socket$`, func() error {
		for i, ep := range instances {
			events, err := ep.Wait(1, await.Patience) // the last segment of the handshake may still be on its way
			if err != nil {
				return err
			}
			if len(events) != 1 {
				return check.Failf("both instances report it", "instance %d does not", i)
			}
		}
		return nil
	})
	sc.When(`^one acceptor takes the connection$`, accept)
	sc.Then(`^the other acceptor's accept says EAGAIN$`, func() error {
		if err := accept(); !errors.Is(err, unix.EAGAIN) {
			return check.Failf("EAGAIN", "%v", err)
		}
		return nil
	})
	sc.When(`^the listening socket is blocking and a thread of the other acceptor accepts$`, func() error {
		if err := sock.Nonblock(listener.FD, false); err != nil {
			return err
		}
		second = thread.Start(func(*thread.Thread) { accepted = accept() })
		w.Cleanup(func() { _ = unix.Shutdown(listener.FD, unix.SHUT_RD) }) // ends an accept that nothing else does
		return nil
	})
	sc.Then(`^that thread sleeps in accept$`, func() error {
		_, err := second.AwaitAsleep(unix.SYS_ACCEPT4, listener.FD)
		w.Note("a thread sleeps in accept4, wchan %q", second.Wchan())
		return err
	})
	sc.Then(`^that thread has accepted a connection$`, func() error {
		if err := second.Join(); err != nil {
			return err
		}
		return accepted
	})
}
