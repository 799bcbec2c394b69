//go:build linux

package steps

import (
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/sock"
)

// levelOnly: select and poll report a condition, not a change. It breaks when a call stays silent about what an earlier
// one has reported, and when a call still reports what has been read.
func levelOnly(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	fd, sent := -1, 0
	var reports []bool // by select and poll in turn

	ask := func() error {
		for _, call := range []func(int) (bool, error){selectReports, pollReports} {
			said, err := call(fd)
			if err != nil {
				return err
			}
			reports = append(reports, said)
		}
		return nil
	}
	sc.Given(`^a socket that was sent (\d+) bytes$`, func(n int) error {
		far, near, err := bag.TCPPair()
		if err != nil {
			return err
		}
		fd, sent = near, n
		if _, err = unix.Write(far, make([]byte, n)); err != nil {
			return err
		}
		return arrival.Bytes(fd, int64(n))
	})
	sc.When(`^select and poll are called (\d+) times each and nothing is read$`, func(times int) error {
		for range times {
			if err := ask(); err != nil {
				return err
			}
		}
		return nil
	})
	sc.Then(`^every call reports the socket$`, func() error {
		w.Note("reported: %v", reports)
		if len(reports) == 0 || slices.Contains(reports, false) {
			return check.Failf("a report from every call", "select and poll in turn said %v", reports)
		}
		return nil
	})
	sc.When(`^one byte is read before each call$`, func() error {
		for range sent {
			if _, err := unix.Read(fd, make([]byte, 1)); err != nil {
				return err
			}
			if err := ask(); err != nil {
				return err
			}
		}
		return nil
	})
	sc.Then(`^select and poll report the socket while bytes are left, and no more when the last one is read$`, func() error {
		w.Note("reported: %v", reports)
		last := len(reports) - 2
		if slices.Contains(reports[:last], false) || slices.Contains(reports[last:], true) {
			return check.Failf("reports as long as bytes are left", "select and poll in turn said %v", reports)
		}
		return nil
	})
}

// selectReports and pollReports ask, without waiting, whether fd can be read.
func selectReports(fd int) (bool, error) {
	set := sock.NewFDSet(fd+1, fd)
	_, err := sock.Select(fd+1, set, nil, nil, 0)
	return set.Has(fd), err
}

func pollReports(fd int) (bool, error) {
	n, err := sock.Poll(sock.PollSet(unix.POLLIN, fd), 0)
	return n == 1, err
}
