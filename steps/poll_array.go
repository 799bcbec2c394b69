//go:build linux

package steps

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/sock"
)

// pollArray: the array has any length up to the descriptor limit, and how the kernel stores it does not show. It breaks
// when an entry is missed, a question is overwritten, or a longer array is taken than the soft limit allows.
func pollArray(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var array []unix.PollFd
	var ready []int

	sc.Given(`^a poll array of (\d+) sockets of which (\d+) have something to read$`, func(n, k int) (err error) {
		if err = needDescriptors(2*n + 100); err != nil {
			return err
		}
		var watched []int
		watched, ready, err = pairsSomeReady(&bag, n, k)
		array = sock.PollSet(unix.POLLIN, watched...)
		return err
	})
	sc.Given(`^a poll array that names a readable socket by the numbers (\d+), (\d+) and (\d+)$`, func(a, b, c int) error {
		ready = []int{a, b, c}
		array = sock.PollSet(unix.POLLIN, ready...)
		return readableAt(&bag, ready)
	})
	sc.When(`^poll is called on the array$`, func() error {
		_, err := sock.Poll(array, 0)
		return err
	})
	sc.Then(`^exactly those (\d+) entries have revents, and every entry still has its events$`, func(k int) error {
		w.Note("%d entries, reported %v", len(array), pollReady(array))
		lost := slices.ContainsFunc(array, func(p unix.PollFd) bool { return p.Events != unix.POLLIN })
		if !slices.Equal(pollReady(array), ready) || len(ready) != k || lost {
			return check.Failf(fmt.Sprintf("reports about %v and the question intact", ready), "reported %v, question overwritten: %t", pollReady(array), lost)
		}
		return nil
	})
	sc.Then(`^all (\d+) entries are reported readable$`, func(k int) error {
		w.Note("poll reported %v", pollReady(array))
		if !slices.Equal(pollReady(array), ready) || len(ready) != k {
			return check.Failf(fmt.Sprintf("reports about %v", ready), "reported %v", pollReady(array))
		}
		return nil
	})
	pollChunks(sc, w, &bag)
	pollLength(sc, w)
}

// pollChunks: the chunks of the kernel's list cannot be told from the answers, nor from the price of an entry.
func pollChunks(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var lengths []int
	var array []unix.PollFd
	var ends []int
	var contest measure.Contest
	steady := false

	sc.Given(`^poll arrays of ([\d, ]+) and (\d+) entries, every third of them ready$`, func(list string, last int) error {
		lengths = append(numbers(list), last)
		return nil
	})
	sc.Then(`^poll reports in each array exactly the entries that are ready$`, func() error {
		for _, n := range lengths {
			if err := everyThird(bag, n); err != nil {
				return err
			}
		}
		w.Note("right for %v entries", lengths)
		return nil
	})
	sc.Given(`^a poll array of (\d+) quiet event counters$`, func(n int) error {
		if err := needDescriptors(n + 100); err != nil {
			return err
		}
		fds, err := bag.Eventfds(n)
		array = sock.PollSet(unix.POLLIN, fds...)
		return err
	})
	sc.When(`^poll is measured on the first ([\d, ]+) and (\d+) of them, the ends of the chunks$`, func(list string, last int) error {
		ends = append(numbers(list), last)
		for _, n := range ends {
			contest.Add(1, func() { repeatPoll(1, array[:n]) })
		}
		steady = contest.Until(50, 40, func(costs []float64) bool { return spread(increments(costs)) < 2 })
		return nil
	})
	sc.Then(`^each further chunk of (\d+) entries costs about as much as the others$`, func(chunk int) error {
		steps := increments(contest.Costs())
		w.Note("ns per entry in chunk after chunk: %.1f", scaled(steps, 1/float64(chunk)))
		if !steady {
			return check.Failf("every chunk to cost between once and twice as much as any other", "the chunks cost %.0f ns", steps)
		}
		return nil
	})
}

// everyThird polls an array of n entries over two event counters, a ready one at every third place.
func everyThird(bag *sock.Bag, n int) error {
	ready, err := sock.Eventfd(1)
	if err != nil {
		return err
	}
	quiet, err := sock.Eventfd(0)
	bag.Add(ready, quiet)
	if err != nil {
		return err
	}
	array := sock.PollSet(unix.POLLIN, slices.Repeat([]int{quiet}, n)...)
	for i := 0; i < n; i += 3 {
		array[i].Fd = int32(ready)
	}
	count, err := sock.Poll(array, 0)
	if err != nil {
		return err
	}
	for i, p := range array {
		if (p.Revents == unix.POLLIN) != (i%3 == 0) || count != (n+2)/3 {
			return check.Failf("exactly every third entry to be reported", "in an array of %d, entry %d has revents %#x, and poll returned %d", n, i, p.Revents, count)
		}
	}
	return nil
}

// pollLength: the soft limit bounds the length of the array. Entries with descriptor -1 are ignored but counted.
func pollLength(sc *godog.ScenarioContext, w *World) {
	var soft uint64
	var array []unix.PollFd

	sc.Given(`^an array of entries that name no descriptor, longer than the descriptor limit$`, func() error {
		limit, err := descriptorLimit(nil)
		soft = limit.Cur
		if soft > 1<<24 {
			return check.Unsupportedf("the soft descriptor limit is %d, too many entries to try: lower it with ulimit -Sn", soft)
		}
		array = sock.PollSet(unix.POLLIN, slices.Repeat([]int{-1}, int(soft)+1)...)
		return err
	})
	sc.Then(`^poll takes as many entries as the soft limit says, and fails with EINVAL on one more$`, func() error {
		at, over := pollErrno(array[:soft]), pollErrno(array[:soft+1])
		w.Note("soft limit %d: %d entries %s, %d entries %s", soft, soft, errnoName(at), soft+1, errnoName(over))
		if at != 0 || over != unix.EINVAL {
			return check.Failf("the limit to be taken and one more refused", "%d entries: %s, %d entries: %s", soft, errnoName(at), soft+1, errnoName(over))
		}
		return nil
	})
	sc.When(`^the soft limit is lowered by (\d+)$`, func(by int) error {
		was, err := descriptorLimit(nil)
		if err != nil {
			return err
		}
		w.Cleanup(func() { _, _ = descriptorLimit(&was) })
		_, err = descriptorLimit(&unix.Rlimit{Cur: was.Cur - uint64(by), Max: was.Max})
		return err
	})
	sc.Then(`^poll fails with EINVAL on an array that it took before, and takes it again when the limit is restored$`, func() error {
		lowered := pollErrno(array[:soft])
		limit, err := descriptorLimit(nil)
		if err == nil {
			limit.Cur = soft
			_, err = descriptorLimit(&limit)
		}
		restored := pollErrno(array[:soft])
		w.Note("%d entries: %s under the lowered limit, %s under the restored one", soft, errnoName(lowered), errnoName(restored))
		if err == nil && (lowered != unix.EINVAL || restored != 0) {
			return check.Failf("the soft limit to decide", "lowered: %s, restored: %s", errnoName(lowered), errnoName(restored))
		}
		return err
	})
}

// descriptorLimit sets the limit if it is given one, and gives the one before. It asks the kernel directly: through the
// syscall package Go would take it for the limit that children are to inherit.
func descriptorLimit(set *unix.Rlimit) (was unix.Rlimit, err error) {
	_, _, errno := unix.Syscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(&was)), 0, 0)
	if errno != 0 {
		return was, fmt.Errorf("prlimit RLIMIT_NOFILE: %w", errno)
	}
	return was, nil
}

// pollErrno polls without waiting and gives the error number, EINTR apart.
func pollErrno(array []unix.PollFd) unix.Errno {
	for {
		_, errno := sock.PollAt(unsafe.Pointer(unsafe.SliceData(array)), len(array), &unix.Timespec{})
		if errno != unix.EINTR {
			return errno
		}
	}
}

func errnoName(e unix.Errno) string {
	if e == 0 {
		return "succeeds"
	}
	return "fails with " + unix.ErrnoName(e)
}

// repeatPoll is the body of a measurement.
func repeatPoll(times int, array []unix.PollFd) {
	for range times {
		_, _ = sock.PollAt(unsafe.Pointer(unsafe.SliceData(array)), len(array), &unix.Timespec{})
	}
}
