//go:build linux

package steps

import (
	"unsafe"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

const pollFdSize = int(unsafe.Sizeof(unix.PollFd{}))

// pollCopies: poll copies every entry in and every revents out. It breaks when a fault on the last entry goes unnoticed,
// or when garbage survives in a quiet entry; the control breaks when the call fails without a faulty page.
func pollCopies(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var entries []unix.PollFd
	var edge *sock.Edge
	var n int
	var errno unix.Errno

	sc.Given(`^an array of (\d+) entries of which only the first is ready$`, func(length int) error {
		ready, err := sock.Eventfd(1)
		if err != nil {
			return err
		}
		quiet, err := sock.Eventfd(0)
		bag.Add(ready, quiet)
		edge, entries, err = arrayAcrossPages(w, length, err)
		for i := range entries {
			entries[i] = unix.PollFd{Fd: int32(quiet), Events: unix.POLLIN}
		}
		if err == nil {
			entries[0].Fd = int32(ready)
		}
		return err
	})
	sc.When(`^the last entry lies on a page (with all rights|that cannot be read|that can be read but not written)$`, func(rights string) error {
		if err := edge.Protect(protections[rights]); err != nil {
			return err
		}
		n, errno = sock.PollAt(edge.At(), len(entries), &unix.Timespec{})
		return nil
	})
	sc.Then(`^poll succeeds and reports (\d+) entry$`, func(want int) error {
		if errno != 0 || n != want {
			return check.Failf("poll to succeed where no page is in its way", "it returned %d (errno %d)", n, errno)
		}
		return nil
	})
	sc.Then(`^poll fails with EFAULT$`, func() error {
		if errno != unix.EFAULT {
			return check.Failf("poll to touch the last entry, and so to fail with EFAULT", "it returned %d (errno %d)", n, errno)
		}
		return nil
	})
	sc.When(`^the revents of every entry are filled with garbage before the call$`, func() error {
		for i := range entries {
			entries[i].Revents = 0x7a7a
		}
		_, err := sock.Poll(entries, 0)
		return err
	})
	sc.Then(`^poll has replaced the garbage in every entry, with 0 where nothing is ready$`, func() error {
		for i, e := range entries {
			want := map[bool]int16{true: unix.POLLIN}[i == 0]
			if e.Revents != want {
				return check.Failf("the revents of every entry to be written", "entry %d has %#x and should have %#x", i, e.Revents, want)
			}
		}
		w.Note("revents of all %d entries were written", len(entries))
		return nil
	})
}

// arrayAcrossPages makes a poll array whose last entry lies behind a page boundary.
func arrayAcrossPages(w *World, length int, err error) (*sock.Edge, []unix.PollFd, error) {
	if err != nil {
		return nil, nil, err
	}
	edge, err := sock.NewEdge(length*pollFdSize, pollFdSize)
	if err != nil {
		return nil, nil, err
	}
	w.Cleanup(edge.Free)
	return edge, unsafe.Slice((*unix.PollFd)(edge.At()), length), nil
}
