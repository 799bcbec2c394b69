//go:build linux

package steps

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/subject"
)

// ends gives what the kernel knows of both ends of a client's connection, whether the server has accepted it or not.
// Known is false when an end is gone.
func (c *crowd) ends(g *guest) (mine, theirs proc.Socket, known bool, err error) {
	name, err := unix.Getsockname(g.fd)
	if err != nil {
		return mine, theirs, false, fmt.Errorf("getsockname: %w", err)
	}
	client := name.(*unix.SockaddrInet4)
	here := netip.AddrPortFrom(netip.AddrFrom4(client.Addr), uint16(client.Port))
	there := netip.AddrPortFrom(netip.AddrFrom4(c.to.Addr), uint16(c.to.Port))
	if mine, known, err = proc.Connection(here, there); err != nil || !known {
		return mine, theirs, false, err
	}
	theirs, known, err = proc.Connection(there, here)
	return mine, theirs, known, err
}

// taken reports whether all that the client has sent has arrived and was read.
func (c *crowd) taken(g *guest) (bool, error) {
	mine, theirs, known, err := c.ends(g)
	return known && mine.SendQueue == 0 && theirs.RecvQueue == 0, err
}

// unread reports whether something that the client has sent lies unread in the server's socket.
func (c *crowd) unread(g *guest) (bool, error) {
	_, theirs, known, err := c.ends(g)
	return known && theirs.RecvQueue > 0, err
}

// looks is how often in a row the server must be seen asleep: a thread that has been woken runs, or is about to.
const looks = 5

// rests waits until the server has done what there is to do for now. It may look for other work now and then.
func (c *crowd) rests() error {
	s := c.sleep()
	return await.Until("the server to rest", func() (bool, error) {
		dozes, err := s.watch.Dozes()
		return s.again(dozes), err
	})
}

// stands waits until nothing moves on a client's connection: the server sleeps, and what it has sent lies in the kernel,
// because the client does not take it.
//
// That no thread of the server has run meanwhile is not asked: some look for other work now and then, and on a busy machine
// they would do so between any two looks of ours. A reply of 0 bytes is as long as the server likes, and may be there whole: then
// the load was not what it was to be.
func (c *crowd) stands(g *guest, length int) error {
	last, same := uint32(0), 0
	fits := check.Inconclusivef("all that the server answers fits into the kernel's buffers: have it serve some MiB as /")
	return await.Until("a reply to fill the buffers", func() (bool, error) {
		mine, theirs, known, err := c.ends(g)
		small := length == 0 && mine.RecvQueue > 0
		switch {
		case err != nil:
			return false, err
		case !known && small:
			return false, fits
		case !known:
			return false, fmt.Errorf("%w: while its reply was under way", errGone)
		}
		asleep, err := c.server.Asleep()
		if same++; !asleep || theirs.SendQueue == 0 && !small || theirs.SendQueue != last {
			same = 0
		}
		if last = theirs.SendQueue; same >= looks && last == 0 {
			return false, errors.Join(err, fits)
		}
		return same >= looks, err
	})
}

// A sleep is what is seen of a server that may be asleep.
type sleep struct {
	watch *subject.Watch
	seen  int
}

func (c *crowd) sleep() *sleep { return &sleep{watch: c.server.Watch()} }

// deep takes a look, and reports whether the server has slept at enough of them, with the condition true at each.
func (s *sleep) deep(condition func() (bool, error)) (bool, error) {
	still, err := s.watch.Rested()
	if err == nil && still {
		still, err = condition()
	}
	return s.again(still), err
}

// again counts a look, and reports whether the server has slept at enough of them in a row.
func (s *sleep) again(slept bool) bool {
	if s.seen++; !slept {
		s.seen = 0
	}
	return s.seen >= looks
}
