//go:build linux

package steps

import (
	"errors"
	"fmt"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
)

// hangUpSteps defines what hang-ups.feature and one-shot.feature add to the words of a watched pair.
func hangUpSteps(sc *godog.ScenarioContext, p *watchedPair) {
	sc.Then(`^a read finds the end$`, func() error {
		if n, err := unix.Read(p.near, make([]byte, 8)); n != 0 || err != nil {
			return check.Failf("a read of 0 bytes: the end", "%d bytes, error %v", n, err)
		}
		return nil
	})
	sc.When(`^the watched end shuts down its sending side, too$`, func() error {
		if err := unix.Shutdown(p.near, unix.SHUT_WR); err != nil {
			return fmt.Errorf("shutdown: %w", err)
		}
		return nil
	})
	sc.Then(`^EPOLL_CTL_ADD of the watched end says EEXIST$`, func() error {
		if err := p.ep.Add(p.near, unix.EPOLLIN); !errors.Is(err, unix.EEXIST) {
			return check.Failf("EEXIST", "%v", err)
		}
		return nil
	})
}
