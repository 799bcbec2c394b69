//go:build linux

package steps

import (
	"errors"
	"fmt"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
)

// readingSteps defines what reading.feature adds to the words of a watched pair.
func readingSteps(sc *godog.ScenarioContext, p *watchedPair) {
	var reports, read int
	follow := func(size int, short bool) error {
		r, n, err := p.readAfterReports(size, short)
		reports, read = reports+r, read+n
		return err
	}
	sc.When(`^each report is followed by one read of at most (\d+) bytes, until no wait reports anything$`, func(n int) error { return follow(n, false) })
	sc.When(`^each report is followed by reads of at most (\d+) bytes until one is short, until no wait reports anything$`, func(n int) error { return follow(n, true) })
	sc.Then(`^there (?:was|were) (\d+) reports?, (\d+) bytes were read and (\d+) are left$`, func(wantReports, wantRead, wantLeft int) error {
		if reports != wantReports || read != wantRead || p.unread != wantLeft {
			return check.Failf(fmt.Sprintf("%d reports, %d bytes read, %d left", wantReports, wantRead, wantLeft), "%d reports, %d bytes read, %d left", reports, read, p.unread)
		}
		return nil
	})
	sc.Then(`^one more read says EAGAIN, which has the number of EWOULDBLOCK$`, func() error {
		n, err := unix.Read(p.near, make([]byte, 8))
		return expectEAGAIN(n, err)
	})
	sc.When(`^the watched end is made blocking$`, func() error { return sock.Nonblock(p.near, false) })
	sc.Then(`^one more recv with MSG_DONTWAIT says EAGAIN$`, func() error {
		n, _, err := unix.Recvfrom(p.near, make([]byte, 8), unix.MSG_DONTWAIT)
		return expectEAGAIN(n, err)
	})
}

// readAfterReports reads after each report, once, or until a read is short, and counts the reports and the bytes.
func (p *watchedPair) readAfterReports(size int, untilShort bool) (reports, read int, err error) {
	buf := make([]byte, size)
	for {
		reported, err := p.waits(1)
		if err != nil || reported[0] == 0 {
			return reports, read, err
		}
		reports++
		for again := true; again; {
			n, err := unix.Read(p.near, buf)
			if err != nil {
				return reports, read, fmt.Errorf("read after a report: %w", err)
			}
			read += n
			p.unread -= n
			again = untilShort && n == size
		}
	}
}

func expectEAGAIN(n int, err error) error {
	if !errors.Is(err, unix.EAGAIN) || !errors.Is(err, unix.EWOULDBLOCK) {
		return check.Failf("EAGAIN, the same number as EWOULDBLOCK", "%d bytes, error %v; EAGAIN is %d, EWOULDBLOCK %d", n, err, unix.EAGAIN, unix.EWOULDBLOCK)
	}
	return nil
}

// writingSteps defines the steps of reading.feature that are about room to write.
func writingSteps(sc *godog.ScenarioContext, p *watchedPair) {
	written := 0
	firstReport := func() error { return p.reportsExactly("EPOLLOUT") }
	sc.When(`^the watched end has reported that it can be written, and is written to until EAGAIN$`, func() error {
		if err := firstReport(); err != nil {
			return err
		}
		for {
			n, err := unix.Write(p.near, make([]byte, 64<<10))
			if errors.Is(err, unix.EAGAIN) {
				p.w.Note("%d bytes were written until EAGAIN", written)
				return nil
			}
			if err != nil {
				return fmt.Errorf("write to the watched end: %w", err)
			}
			written += n
		}
	})
	sc.When(`^the watched end has reported that it can be written, and (\d+) bytes are written to it$`, func(n int) (err error) {
		if err := firstReport(); err != nil {
			return err
		}
		written, err = unix.Write(p.near, make([]byte, n))
		return err
	})
	sc.When(`^the other end reads all of it$`, func() error { return p.readFar(written) })
	sc.Then(`^a wait reports within patience that the watched end can be written$`, func() error {
		events, err := p.ep.Wait(1, await.Patience)
		if err != nil {
			return err
		}
		if len(events) != 1 || events[0].Events != unix.EPOLLOUT {
			return check.Failf("EPOLLOUT once there is room", "%d events", len(events))
		}
		return nil
	})
}

// readFar reads n bytes at the other end, and waits until the watched end knows.
func (p *watchedPair) readFar(n int) error {
	buf := make([]byte, 256<<10)
	for left := n; left > 0; {
		if _, err := sock.Poll(sock.PollSet(unix.POLLIN, p.far), await.Patience); err != nil {
			return err
		}
		got, err := unix.Read(p.far, buf)
		if err != nil {
			return fmt.Errorf("read at the other end with %d bytes to come: %w", left, err)
		}
		left -= got
	}
	return arrival.Acknowledged(p.near)
}
