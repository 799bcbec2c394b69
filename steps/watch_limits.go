//go:build linux

package steps

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// fillable is the largest allowance of registrations that a scenario uses up: a million take about 2 s of CPU time and
// 190 MB of kernel memory for as long.
const fillable = 1_000_000

// watchLimits: what bounds the number of registrations. It breaks when one instance takes no more than 1024, when the
// descriptor limit stops registrations, or when the user's allowance does not.
func watchLimits(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	watchMany(sc, w, &bag)
	watchTwice(sc, w, &bag)
	watchAllowance(sc, w, &bag)
}

// watchMany: one instance has room for many.
func watchMany(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var fds, ready []int
	var ep sock.Epoll

	sc.Given(`^an epoll instance that watches (\d+) event counters$`, func(n int) (err error) {
		if err = needDescriptors(n + 100); err != nil {
			return err
		}
		if fds, err = bag.Eventfds(n); err != nil {
			return err
		}
		ep, err = watchAll(bag, fds, unix.EPOLLIN)
		return err
	})
	sc.When(`^every thousandth of them becomes ready$`, func() error {
		for i := 999; i < len(fds); i += 1000 {
			ready = append(ready, fds[i])
			if _, err := unix.Write(fds[i], []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
				return err
			}
		}
		return nil
	})
	sc.Then(`^that instance reports those (\d+) and no other$`, func(k int) error {
		got, err := ep.Ready(len(fds))
		w.Note("%d watched by one instance, %v reported", len(fds), got)
		if err == nil && (!slices.Equal(got, ready) || len(got) != k) {
			return check.Failf(fmt.Sprintf("reports of %v", ready), "%v", got)
		}
		return err
	})
}

// watchTwice: a descriptor may be registered with many instances.
func watchTwice(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var fds []int
	var sets []sock.Epoll
	var limit unix.Rlimit

	sc.Given(`^(\d+) event counters, and as many epoll instances as make their registrations exceed the descriptor limit$`, func(n int) (err error) {
		if err = needDescriptors(n + 100); err != nil {
			return err
		}
		if limit, err = descriptorLimit(nil); err != nil {
			return err
		}
		if limit.Cur > fillable {
			return check.Unsupportedf("the descriptor limit is %d: lower it, for instance with ulimit -n 20000", limit.Cur)
		}
		fds, err = bag.Eventfds(n)
		for range int(limit.Cur)/n + 1 {
			ep, e := bag.Epoll()
			sets, err = append(sets, ep), errors.Join(err, e)
		}
		return err
	})
	sc.When(`^every instance watches every counter$`, func() error {
		for _, ep := range sets {
			for _, fd := range fds {
				if err := ep.Add(fd, unix.EPOLLIN); err != nil {
					return err
				}
			}
		}
		return nil
	})
	sc.Then(`^all registrations succeed$`, func() error {
		kept := 0
		for _, ep := range sets {
			list, err := registrations(ep)
			if err != nil {
				return err
			}
			kept += len(list)
		}
		w.Note("%d registrations of %d descriptors, with a descriptor limit of %d", kept, len(fds), limit.Cur)
		if kept != len(fds)*len(sets) || kept <= int(limit.Cur) {
			return check.Failf("more registrations than descriptors", "%d of %d are there, the limit is %d", kept, len(fds)*len(sets), limit.Cur)
		}
		return nil
	})
}

// watchAllowance uses up a user's allowance of registrations. The limit is the whole machine's and cannot be lowered in
// a namespace; what is used up is counted by user. So the instances belong to a user whom nobody else is, or every
// program of this user would be refused registrations meanwhile.
func watchAllowance(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var allowance, made int
	var sets []sock.Epoll
	var refusal error

	sc.Given(`^a user whom nobody else is, and epoll instances that are this user's$`, func() (err error) {
		if allowance, err = maxUserWatches(); err != nil {
			return err
		}
		if allowance > fillable {
			return check.Unsupportedf("fs.epoll.max_user_watches is %d, and using up more than %d would take this machine too much time and memory; on a small or a virtual machine: sysctl fs.epoll.max_user_watches=%d", allowance, fillable, fillable)
		}
		const counters = 500
		if err = needDescriptors(allowance/counters + counters + 200); err != nil {
			return err
		}
		return asUser(2_000_000_000+os.Getpid(), func() (err error) {
			for range allowance/counters + 1 {
				ep, e := bag.Epoll()
				sets, err = append(sets, ep), errors.Join(err, e)
			}
			return err
		})
	})
	sc.When(`^registrations are made until one fails$`, func() error {
		fds, err := bag.Eventfds(500)
		if err != nil {
			return err
		}
		for _, ep := range sets {
			for _, fd := range fds {
				if refusal = ep.Add(fd, unix.EPOLLIN); refusal != nil {
					return nil
				}
				made++
			}
		}
		return nil
	})
	sc.Then(`^it fails with ENOSPC, after as many as fs.epoll.max_user_watches allows$`, func() error {
		w.Note("after %d registrations, with an allowance of %d: %v", made, allowance, refusal)
		if !errors.Is(refusal, unix.ENOSPC) || made != allowance {
			return check.Failf(fmt.Sprintf("ENOSPC after %d registrations", allowance), "%v after %d", refusal, made)
		}
		return nil
	})
}

func maxUserWatches() (int, error) {
	text, err := os.ReadFile("/proc/sys/fs/epoll/max_user_watches")
	if err != nil {
		return 0, fmt.Errorf("read the allowance of registrations: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// asUser runs f on a thread that has another real user, by which the kernel counts what a user uses. The thread ends with
// f. Nothing else of its identity changes, and no other thread is touched.
func asUser(uid int, f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock: a goroutine that ends locked takes its thread with it
		const keep = ^uintptr(0)
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), keep, keep); errno != 0 {
			done <- check.Unsupportedf("become another user for a moment: %v (run as root, outside of a user namespace)", errno)
			return
		}
		done <- f()
	}()
	return <-done
}
