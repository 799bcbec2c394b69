//go:build linux

package steps

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/report"
)

// processCost: what a process takes, measured at growing numbers of them. It breaks when memory does not grow with their
// number, and when a process is made nearly as cheaply as a connection is added to an epoll instance.
func processCost(sc *godog.ScenarioContext, w *World) {
	var counts []int
	var total []float64 // bytes, for each of the counts
	var fork float64    // ns
	sc.Given(`^a process that makes ([\d, ]+) and (\d+) children, which sleep$`, func(list string, last int) error {
		counts = append(numbers(list), last)
		parent, err := w.forkingParent(reexec.Options{})
		if err != nil {
			return err
		}
		fork = math.Inf(1)
		made := 0
		for _, n := range counts {
			answer, err := parent.Ask(fmt.Sprintf("crowd %d", n-made))
			if err != nil {
				return err
			}
			ns, err := strconv.ParseFloat(answer, 64)
			if err != nil {
				return check.Unsupportedf("this user may not have %d processes more: %s (ulimit -u and the control group's pids.max bound them)", n, answer)
			}
			fork, made = min(fork, ns), n
			bytes, err := family(parent.PID())
			if err != nil {
				return err
			}
			total = append(total, float64(bytes))
		}
		return nil
	})
	sc.Then(`^each further child takes more than (\d+) KiB, in proportion to their number, and (\d+) of them would take what is told$`, func(least, n int) error {
		fit := measure.Linear(floats(counts), total)
		each := fit.B / 1024
		w.Note("measured: %s children and their parent take %s MiB (Pss and page tables), %.1f KiB for each further child (r² %.4f)", english.List(counts, "%d"), english.List(scaled(total, 1.0/(1<<20)), "%.1f"), each, fit.R2)
		w.Note("computed: %d children take %.0f MiB; and a kernel stack each, 16 KiB on x86-64 and arm64, %d MiB", n, float64(n)*fit.B/(1<<20), n*16/1024)
		w.Measured(report.Series{Of: "the memory of many processes and of many threads", Name: "processes", XUnit: "processes or threads", YUnit: "bytes", X: floats(counts), Y: total})
		if each <= float64(least) || fit.R2 < 0.98 {
			return check.Failf(fmt.Sprintf("more than %d KiB for each, on a line", least), "%.1f KiB, r² %.4f", each, fit.R2)
		}
		return nil
	})
	sc.Then(`^making one takes more than (\d+) times as long as adding a connection to an epoll instance$`, func(times float64) error {
		add, err := w.addCost()
		if err != nil {
			return err
		}
		w.Note("measured: %.1f µs for a fork, %.2f µs for accept4 and epoll_ctl, the fastest of each: %.0f times", fork/1e3, add/1e3, fork/add)
		if fork <= times*add {
			return check.Failf(fmt.Sprintf("more than %.0f times", times), "%.1f times", fork/add)
		}
		return nil
	})
	sc.Then(`^this machine's limits of processes and threads are told, and whether they reach (\d+)$`, func(n int) error {
		return w.processLimits(n)
	})
}

// family adds up what a process and its children take: memory by their share, and page tables.
func family(pid int) (bytes int64, err error) {
	all, err := proc.All()
	if err != nil {
		return 0, err
	}
	for _, p := range all {
		if p.PID != pid && p.Parent != pid {
			continue
		}
		m, err := proc.ReadMemory(p.PID)
		if err != nil {
			return 0, err
		}
		bytes += m.PSS + m.PageTables
	}
	return bytes, nil
}

// addCost gives what it takes to accept a connection and to add it to an epoll instance, in nanoseconds.
func (w *World) addCost() (float64, error) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	ep, err := bag.Epoll()
	if err != nil {
		return 0, err
	}
	l, err := sock.Listen(8)
	if err != nil {
		return 0, err
	}
	bag.Add(l.FD)
	var contest measure.Contest
	var failed error
	take := contest.Add(1, func() {
		fd, err := l.Accept()
		if err == nil {
			err = ep.Add(fd, unix.EPOLLIN)
		}
		bag.Add(fd)
		failed = errors.Join(failed, err)
	})
	for range 200 {
		client, err := l.Dial()
		if err != nil {
			return 0, err
		}
		bag.Add(client)
		contest.Run(1)
	}
	return contest.Costs()[take], failed
}

// processLimits tells what bounds processes and threads. Each counts as one task.
func (w *World) processLimits(n int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &limit); err != nil {
		return fmt.Errorf("getrlimit RLIMIT_NPROC: %w", err)
	}
	least := limit.Cur
	told := []string{fmt.Sprintf("ulimit -u %d", limit.Cur)}
	for _, name := range []string{"pid_max", "threads-max"} {
		text, err := os.ReadFile("/proc/sys/kernel/" + name)
		if err != nil {
			return fmt.Errorf("read a limit: %w", err)
		}
		v, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
		if err != nil {
			return fmt.Errorf("kernel.%s: %w", name, err)
		}
		least = min(least, v)
		told = append(told, fmt.Sprintf("kernel.%s %d", name, v))
	}
	w.Note("%s", strings.Join(told, ", "))
	if least <= uint64(n) {
		return check.Unsupportedf("this machine allows %d: %s", least, strings.Join(told, ", "))
	}
	return nil
}
