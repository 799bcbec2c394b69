//go:build linux

package steps

import (
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// selectSets: select overwrites the set, and copies all of it both ways. The overwriting breaks when a bit that is not
// ready survives; the copies break when a fault on the last word goes unnoticed, and the control scenario breaks when
// the call fails without a faulty page.
func selectSets(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var watched, ready []int
	var set sock.FDSet
	late := -1

	sc.Given(`^a set of (\d+) sockets of which (\d+) have something to read$`, func(n, k int) (err error) {
		watched, ready, err = pairsSomeReady(&bag, n, k)
		if err == nil {
			set = sock.NewFDSet(slices.Max(watched)+1, watched...)
		}
		return err
	})
	sc.When(`^select is called on the set$`, func() error {
		_, err := sock.Select(len(set)*64, set, nil, nil, 0)
		return err
	})
	sc.When(`^select is called on an empty set, though another call watched them a moment ago$`, func() error {
		if _, err := sock.Select(len(set)*64, slices.Clone(set), nil, nil, 0); err != nil {
			return err
		}
		clear(set)
		_, err := sock.Select(len(set)*64, set, nil, nil, 0)
		return err
	})
	sc.Then(`^select reports nothing$`, func() error {
		if left := set.List(); len(left) > 0 {
			return check.Failf("nothing from a call that was given nothing to watch", "%v", left)
		}
		return nil
	})
	sc.Then(`^(\d+) descriptors are left in the set, and the other (\d+) are gone from it$`, func(k, gone int) error {
		w.Note("asked about %v, the set came back as %v", watched, set.List())
		if len(watched)-len(ready) != gone || !slices.Equal(set.List(), ready) {
			return check.Failf("the set to hold its ready members and nothing else", "ready %v, left in the set %v", ready, set.List())
		}
		return nil
	})
	sc.When(`^then something arrives on a socket that was not ready before$`, func() (err error) {
		far, near, err := bag.Pair()
		if err != nil {
			return err
		}
		// It takes the place of a member that the first call found quiet.
		quiet := watched[slices.IndexFunc(watched, func(fd int) bool { return !slices.Contains(ready, fd) })]
		if _, err = unix.Write(far, []byte("x")); err == nil {
			err = unix.Dup3(near, quiet, unix.O_CLOEXEC)
		}
		late = quiet
		return err
	})
	sc.Then(`^select on the used set does not report that socket, and select on a rebuilt set does$`, func() error {
		rebuilt := sock.NewFDSet(len(set)*64, watched...)
		for _, s := range []sock.FDSet{set, rebuilt} {
			if _, err := sock.Select(len(s)*64, s, nil, nil, 0); err != nil {
				return err
			}
		}
		w.Note("descriptor %d became ready: used set %v, rebuilt set %v", late, set.List(), rebuilt.List())
		if set.Has(late) || !rebuilt.Has(late) {
			return check.Failf("only the rebuilt set to report the late one", "used set %v, rebuilt set %v", set.List(), rebuilt.List())
		}
		return nil
	})
	faultingSet(sc, w, &bag)
}

// faultingSet lays a set across a page boundary, so that only its last word meets the protection of the second page.
func faultingSet(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var size, n int
	var edge *sock.Edge
	var errno unix.Errno
	readyFD := -1

	sc.Given(`^a set of (\d+) descriptors of which only one, far from the last, is ready$`, func(descriptors int) (err error) {
		size = descriptors
		if err = needDescriptors(size + 1); err != nil {
			return err
		}
		if readyFD, err = sock.Eventfd(1); err != nil {
			return err
		}
		bag.Add(readyFD)
		// The kernel looks at no more bits than the process's descriptor table has room for, so make the table as large.
		return bag.DupAt(readyFD, size)
	})
	sc.When(`^the last word of the set lies on a page (with all rights|that cannot be read|that can be read but not written)$`, func(rights string) (err error) {
		edge, err = sock.NewEdge(size/8, 8)
		if err != nil {
			return err
		}
		w.Cleanup(edge.Free)
		edge.Bytes()[readyFD/8] = 1 << (readyFD % 8) // bit order of a little-endian machine
		if err = edge.Protect(protections[rights]); err != nil {
			return err
		}
		n, errno = sock.SelectAt(size, edge.At(), nil, nil, &unix.Timespec{})
		return nil
	})
	sc.Then(`^select succeeds and reports (\d+) descriptor$`, func(want int) error {
		if errno != 0 || n != want {
			return check.Failf("select to succeed where no page is in its way", "it returned %d (errno %d)", n, errno)
		}
		return nil
	})
	sc.Then(`^select fails with EFAULT$`, func() error {
		if errno != unix.EFAULT {
			return check.Failf("select to touch the last word, and so to fail with EFAULT", "it returned %d (errno %d)", n, errno)
		}
		return nil
	})
}

// protections: the words of the features for the rights on a page.
var protections = map[string]int{
	"with all rights":                  unix.PROT_READ | unix.PROT_WRITE,
	"that cannot be read":              unix.PROT_NONE,
	"that can be read but not written": unix.PROT_READ,
}
