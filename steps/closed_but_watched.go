//go:build linux

package steps

import (
	"errors"
	"fmt"
	"os"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/proc"
)

// closedButWatchedSteps defines what closed-but-watched.feature adds to the words of a watched pair.
func closedButWatchedSteps(sc *godog.ScenarioContext, p *watchedPair) {
	duplicate := -1
	sc.Given(`^a duplicate of the watched descriptor$`, func() (err error) {
		if duplicate, err = unix.FcntlInt(uintptr(p.near), unix.F_DUPFD_CLOEXEC, 0); err != nil {
			return fmt.Errorf("duplicate the watched descriptor: %w", err)
		}
		p.bag.Add(duplicate)
		p.via = duplicate
		return nil
	})
	sc.When(`^the watched descriptor is closed$`, func() error { p.bag.Drop(p.near); return nil })
	sc.When(`^the duplicate is closed$`, func() error { p.bag.Drop(duplicate); return nil })
	sc.When(`^a new socket that gets the same number is watched, too$`, func() error {
		x, y, err := p.bag.Pair()
		if err != nil {
			return err
		}
		if x != p.near && y != p.near {
			if err := p.bag.DupAt(x, p.near); err != nil {
				return err
			}
		}
		return p.ep.Add(p.near, unix.EPOLLIN)
	})
	sc.Then(`^the instance watches nothing$`, func() error { return p.watches(0) })
	sc.Then(`^the instance watches that number twice$`, func() error { return p.watches(2) })
	sc.Then(`^EPOLL_CTL_DEL of the closed number says EBADF, and of the duplicate ENOENT$`, func() error {
		byNumber, byDuplicate := p.ep.Del(p.near), p.ep.Del(duplicate)
		if !errors.Is(byNumber, unix.EBADF) || !errors.Is(byDuplicate, unix.ENOENT) {
			return check.Failf("EBADF and ENOENT", "%v and %v", byNumber, byDuplicate)
		}
		return nil
	})
}

// watches compares how often the watched number is on the interest list, which /proc/self/fdinfo shows, and that
// nothing else is.
func (p *watchedPair) watches(times int) error {
	info, err := proc.ReadFDInfo(os.Getpid(), int(p.ep))
	if err != nil {
		return err
	}
	for _, t := range info.Watched {
		if t.FD != p.near {
			return fmt.Errorf("the instance watches descriptor %d, which no step has registered", t.FD)
		}
	}
	if got := len(info.Watched); got != times {
		return check.Failf(fmt.Sprintf("%d registrations of descriptor %d", times, p.near), "%d", got)
	}
	return nil
}
