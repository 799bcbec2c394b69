//go:build linux

package steps

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/report"
)

// threads makes so many threads that sleep in a read of a pipe, and answers when all of them are there. They end with the
// process.
func (p *parentOfBare) threads(size string) (string, error) {
	n, err := strconv.Atoi(size)
	if err != nil {
		return "", err
	}
	debug.SetMaxThreads(1 << 16)
	var gate [2]int
	if err := unix.Pipe2(gate[:], unix.O_CLOEXEC); err != nil {
		return "", fmt.Errorf("pipe: %w", err)
	}
	var there sync.WaitGroup
	there.Add(n)
	for range n {
		go func() {
			runtime.LockOSThread()
			there.Done()
			_, _ = unix.Read(gate[0], make([]byte, 1))
		}()
	}
	there.Wait()
	return "there", nil
}

// manyThreads: ten thousand threads in one process. It breaks when they are not there, or when each takes less than what a
// thread cannot do without.
func manyThreads(sc *godog.ScenarioContext, w *World) {
	var counts []int
	var total []float64 // bytes
	listed := 0
	sc.Given(`^a process that makes ([\d, ]+) and (\d+) threads, which sleep$`, func(list string, last int) error {
		counts = append(numbers(list), last)
		if err := w.processLimits(last); err != nil {
			return err
		}
		parent, err := w.forkingParent(reexec.Options{})
		if err != nil {
			return err
		}
		made := 0
		for _, n := range counts {
			if _, err := parent.Ask(fmt.Sprintf("threads %d", n-made)); err != nil {
				return check.Unsupportedf("%d threads cannot be made here: %v", n, err)
			}
			made = n
			m, err := proc.ReadMemory(parent.PID())
			if err != nil {
				return err
			}
			total = append(total, float64(m.PSS+m.PageTables))
		}
		p, err := proc.Read(parent.PID())
		listed = p.Threads
		return err
	})
	sc.Then(`^all (\d+) are there, and each takes more than (\d+) KiB, in proportion to their number$`, func(n, least int) error {
		fit := measure.Linear(floats(counts), total)
		w.Note("measured: a process of %s threads takes %s MiB (Pss and page tables), %.1f KiB for each further thread (r² %.4f); %d threads at the end", english.List(counts, "%d"), english.List(scaled(total, 1.0/(1<<20)), "%.1f"), fit.B/1024, fit.R2, listed)
		w.Note("computed: and a kernel stack each, 16 KiB on x86-64 and arm64, %d MiB", n*16/1024)
		w.Measured(report.Series{Of: "the memory of many processes and of many threads", Name: "threads", XUnit: "processes or threads", YUnit: "bytes", X: floats(counts), Y: total})
		if listed < n || fit.B <= float64(least<<10) || fit.R2 < 0.98 {
			return check.Failf(fmt.Sprintf("%d threads, more than %d KiB each, on a line", n, least), "%d threads, %.1f KiB each, r² %.4f", listed, fit.B/1024, fit.R2)
		}
		return nil
	})
}
