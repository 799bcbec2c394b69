//go:build linux

package steps

import (
	"errors"
	"fmt"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/netns"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// checksumSteps defines the steps of hint.feature that are about datagrams.
func checksumSteps(sc *godog.ScenarioContext, w *World) {
	u := &datagrams{w: w}
	var reader *thread.Thread
	var got int
	sc.Given(`^a (blocking|non-blocking) UDP socket in a network of its own$`, func(kind string) error { return u.open(kind == "non-blocking") })
	sc.When(`^a datagram of (\d+) bytes with a (wrong|right) checksum has arrived$`, func(n int, sum string) error { return u.deliver(n, sum == "wrong") })
	sc.When(`^a datagram of (\d+) bytes with a (wrong|right) checksum is sent$`, func(n int, sum string) error { return u.send(n, sum == "wrong") })
	sc.Then(`^select, poll and epoll (report|do not report) the UDP socket$`, func(what string) error { return u.reported(what == "report") })
	sc.Then(`^reading from the UDP socket says EAGAIN$`, func() error {
		n, err := unix.Read(u.receiver, make([]byte, 2048))
		if !errors.Is(err, unix.EAGAIN) {
			return check.Failf("EAGAIN", "%d bytes, error %v", n, err)
		}
		return nil
	})
	sc.When(`^the UDP socket is made blocking and a thread reads from it$`, func() error {
		if err := sock.Nonblock(u.receiver, false); err != nil {
			return err
		}
		reader = thread.Start(func(*thread.Thread) { got, _ = unix.Read(u.receiver, make([]byte, 2048)) })
		w.Cleanup(func() { _ = unix.Shutdown(u.receiver, unix.SHUT_RD) }) // releases the reader, if nothing else did
		return nil
	})
	sc.Then(`^that thread sleeps in read$`, func() error {
		_, err := reader.AwaitAsleep(unix.SYS_READ, u.receiver)
		w.Note("a thread sleeps in read of the UDP socket, wchan %q", reader.Wchan())
		return err
	})
	sc.Then(`^that thread has read (\d+) bytes$`, func(n int) error {
		if err := reader.Join(); err != nil {
			return err
		}
		if got != n {
			return check.Failf(fmt.Sprintf("a read of %d bytes", n), "%d bytes", got)
		}
		return nil
	})
	sc.Then(`^the kernel has dropped (\d+) datagrams? for (?:its|their) checksum, and that socket has none$`, u.dropped)
}

// datagrams is a UDP socket, and a raw socket that sends it datagrams with whatever checksum.
type datagrams struct {
	w        *World
	bag      sock.Bag
	receiver int
	raw      int
	counters int // /proc/net/snmp of their network
	ep       sock.Epoll
	port     int
}

var loopback = [4]byte{127, 0, 0, 1}

func (u *datagrams) open(nonblock bool) error {
	fds, err := netns.Sockets(netns.Spec{Domain: unix.AF_INET, Type: unix.SOCK_DGRAM}, netns.Spec{Domain: unix.AF_INET, Type: unix.SOCK_RAW, Protocol: unix.IPPROTO_RAW}, netns.Spec{File: "/proc/self/net/snmp"})
	if errors.Is(err, netns.ErrRefused) {
		return check.Unsupportedf("%v", err)
	}
	if err != nil {
		return err
	}
	u.receiver, u.raw, u.counters = fds[0], fds[1], fds[2]
	u.bag.Add(fds...)
	u.w.Cleanup(u.bag.Close)
	if u.ep, err = u.bag.Epoll(); err != nil {
		return err
	}
	if err := unix.Bind(u.receiver, &unix.SockaddrInet4{Addr: loopback}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	at, err := unix.Getsockname(u.receiver)
	if err != nil {
		return fmt.Errorf("getsockname: %w", err)
	}
	u.port = at.(*unix.SockaddrInet4).Port
	if err := sock.Nonblock(u.receiver, nonblock); err != nil {
		return err
	}
	return u.ep.Add(u.receiver, unix.EPOLLIN)
}

func (u *datagrams) send(n int, wrong bool) error {
	packet := udpPacket(u.port, make([]byte, n), wrong)
	if err := unix.Sendto(u.raw, packet, 0, &unix.SockaddrInet4{Addr: loopback}); err != nil {
		return fmt.Errorf("send a raw packet: %w", err)
	}
	return nil
}

// deliver sends a datagram and waits until it lies in the receiver's queue, or was taken by a reader that sleeps there.
func (u *datagrams) deliver(n int, wrong bool) error {
	if err := u.send(n, wrong); err != nil || !wrong {
		return err
	}
	return await.Until("a datagram in the receive queue", func() (bool, error) {
		bytes, err := sock.ReceiveMemory(u.receiver)
		return bytes > 0, err
	})
}

func (u *datagrams) dropped(n int) error {
	err := await.Until("a datagram dropped for its checksum", func() (bool, error) {
		errors, err := u.checksumErrors()
		return errors > 0, err
	})
	if err != nil {
		return err
	}
	dropped, err := u.checksumErrors()
	if err != nil {
		return err
	}
	left, err := sock.ReceiveMemory(u.receiver)
	if err == nil && (dropped != n || left != 0) {
		return check.Failf(fmt.Sprintf("%d datagrams dropped for their checksums, and an empty queue", n), "%d dropped, %d bytes of memory in the queue", dropped, left)
	}
	return err
}

// reported asks all three demultiplexers.
func (u *datagrams) reported(want bool) error {
	p := watchedPair{near: u.receiver}
	for name, report := range map[string]reporter{"select": p.selects, "poll": p.polls(unix.POLLIN), "epoll": epollReporter(u.ep)} {
		got, err := report()
		if err != nil {
			return err
		}
		if got != want {
			return check.Failf(fmt.Sprintf("%s reports the socket: %t", name, want), "%t", got)
		}
	}
	return nil
}
