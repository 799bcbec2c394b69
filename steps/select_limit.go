//go:build linux

package steps

import (
	"slices"
	"unsafe"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// selectLimit: 1024 is the C library's limit and not the kernel's. It breaks when the type is larger or smaller than
// 1024 bits, and when the kernel cuts a larger set off.
func selectLimit(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var fdset unix.FdSet
	var high []int
	var set sock.FDSet

	sc.Given(`^the fd_set of the C library, as Go's system call package has it from the headers$`, func() {
		w.Note("sizeof(fd_set) is %d bytes, %d bits", unsafe.Sizeof(fdset), 8*unsafe.Sizeof(fdset))
	})
	sc.Then(`^descriptor (\d+) fits into it and descriptor (\d+) does not$`, func(last, next int) error {
		if !fits(&fdset, last) || fits(&fdset, next) {
			return check.Failf("the set to end behind 1023", "%d fits: %t, %d fits: %t", last, fits(&fdset, last), next, fits(&fdset, next))
		}
		return nil
	})
	sc.Given(`^a readable socket under the descriptor numbers (\d+), (\d+) and (\d+)$`, func(a, b, c int) error {
		high = []int{a, b, c}
		return readableAt(&bag, high)
	})
	sc.When(`^select is called with a bitmap of (\d+) bits that names them$`, func(bits int) error {
		set = sock.NewFDSet(bits, high...)
		_, err := sock.Select(bits, set, nil, nil, 0)
		return err
	})
	sc.Then(`^it reports exactly those three numbers$`, func() error {
		w.Note("select reported %v", set.List())
		if !slices.Equal(set.List(), high) {
			return check.Failf("the system call to report descriptors above 1023", "asked about %v, reported %v", high, set.List())
		}
		return nil
	})
}

// fits reports whether the set has a bit for the descriptor. Where C would write behind the set, Go panics.
func fits(set *unix.FdSet, fd int) (ok bool) {
	defer func() { ok = recover() == nil }()
	set.Set(fd)
	return
}

// readableAt gives a socket with something to read the descriptor numbers as well.
func readableAt(bag *sock.Bag, numbers []int) error {
	if err := needDescriptors(slices.Max(numbers) + 1); err != nil {
		return err
	}
	far, near, err := bag.Pair()
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if err := bag.DupAt(near, n); err != nil {
			return err
		}
	}
	_, err = unix.Write(far, []byte("x"))
	return err
}
