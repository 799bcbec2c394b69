//go:build linux

package steps

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// threadsSteps defines the steps of threads.feature. They break when threads are not listed as parts of one process, or do
// not share what they are said to.
func threadsSteps(sc *godog.ScenarioContext, w *World) {
	t := &sharing{w: w}
	sc.Given(`^(\d+) threads of one process, each asleep in a read$`, t.start)
	sc.Then(`^the kernel lists all of them as tasks of the process, and each has the process's number and another one of its own$`, t.listed)
	sc.When(`^one thread writes a number to memory, and opens a pipe and writes to it$`, t.write)
	sc.Then(`^another thread finds the number in memory, and reads what is in the pipe, by its descriptor's number$`, t.read)
	sc.Then(`^the kernel says that they share address space, descriptors, directory and signal handlers$`, func() error { return t.kernelSays(w, true) })
	sc.Then(`^the kernel says that parent and child share none of these$`, func() error { return t.kernelSays(w, false) })
	sc.Then(`^each has a stack pointer of its own$`, t.stacks)
	churn(sc, w)
}

// sharing is some threads of this process.
type sharing struct {
	w       *World
	bag     sock.Bag
	threads []*thread.Thread
	word    uint64
	wrote   uint64
	pipe    [2]int
}

// start starts threads that sleep in a read, which ends when the pipe is closed.
func (t *sharing) start(n int) error {
	var gate [2]int
	if err := unix.Pipe2(gate[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	t.w.Cleanup(func() {
		sock.Close(gate[1])
		var failed error
		for _, th := range t.threads {
			failed = errors.Join(failed, th.Join())
		}
		sock.Close(gate[0])
		if failed != nil {
			t.w.Note("%v", failed)
		}
	})
	for range n {
		t.threads = append(t.threads, thread.Start(func(th *thread.Thread) {
			_, _ = th.Uninterrupted(func() (int, error) { return unix.Read(gate[0], make([]byte, 1)) })
		}))
	}
	return thread.Settle(t.threads, unix.SYS_READ)
}

func (t *sharing) listed() error {
	for _, th := range t.threads {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d/task/%d", os.Getpid(), th.TID())); err != nil {
			return check.Failf(fmt.Sprintf("thread %d among the tasks of process %d", th.TID(), os.Getpid()), "%v", err)
		}
	}
	all, err := proc.Threads(os.Getpid())
	if err != nil {
		return err
	}
	t.w.Note("process %d has %d threads, our %d among them", os.Getpid(), len(all), len(t.threads))
	if len(all) < len(t.threads)+1 {
		return check.Failf(fmt.Sprintf("%d tasks at least", len(t.threads)+1), "%d", len(all))
	}
	return nil
}

// write runs in a thread of its own, which then ends: what it made stays, for it is the process's.
func (t *sharing) write() (err error) {
	t.wrote = rand.Uint64()
	writer := thread.Start(func(*thread.Thread) {
		t.word = t.wrote
		if err = unix.Pipe2(t.pipe[:], unix.O_CLOEXEC); err == nil {
			_, err = unix.Write(t.pipe[1], []byte("hello"))
		}
	})
	if joined := writer.Join(); joined != nil {
		return joined
	}
	t.bag.Add(t.pipe[0], t.pipe[1])
	t.w.Cleanup(t.bag.Close)
	return err
}

func (t *sharing) read() (err error) {
	var word uint64
	got := make([]byte, 8)
	n := 0
	reader := thread.Start(func(*thread.Thread) {
		word = t.word
		n, err = unix.Read(t.pipe[0], got)
	})
	if joined := reader.Join(); joined != nil {
		return joined
	}
	if err != nil || word != t.wrote || string(got[:n]) != "hello" {
		return check.Failf(fmt.Sprintf("%d and %q", t.wrote, "hello"), "%d and %q (%v)", word, got[:max(n, 0)], err)
	}
	return nil
}

// kernelSays compares two tasks by kcmp(2): two threads, or a process and its child.
func (t *sharing) kernelSays(w *World, same bool) error {
	var a, b int
	if same {
		a, b = t.threads[0].TID(), t.threads[1].TID()
	} else {
		f := &forking{w: w}
		if err := f.fork(); err != nil {
			return err
		}
		a, b = f.parent.PID(), f.child
	}
	for _, part := range []struct {
		name string
		kind uintptr
	}{{"address space", 1}, {"descriptors", 2}, {"directory", 3}, {"signal handlers", 4}} { // include/uapi/linux/kcmp.h
		r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), part.kind, 0, 0, 0)
		switch {
		case errno == unix.ENOSYS || errno == unix.EPERM:
			return check.Unsupportedf("kcmp: %v: this kernel or container does not tell what tasks share", errno)
		case errno != 0:
			return fmt.Errorf("kcmp of %s: %w", part.name, errno)
		case (r == 0) != same:
			return check.Failf(fmt.Sprintf("one and the same %s: %t", part.name, same), "kcmp(%d, %d) = %d", a, b, r)
		}
	}
	return nil
}

// stacks reads the stack pointers of the sleeping threads: the last but one word of /proc/TID/syscall.
func (t *sharing) stacks() error {
	owner := map[string]int{}
	for _, th := range t.threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", th.TID()))
		if err != nil {
			return fmt.Errorf("read where a thread sleeps: %w", err)
		}
		var nr, sp, pc string
		var args [6]string
		if _, err := fmt.Sscan(string(text), &nr, &args[0], &args[1], &args[2], &args[3], &args[4], &args[5], &sp, &pc); err != nil {
			return fmt.Errorf("parse %q: %w", text, err)
		}
		if other, taken := owner[sp]; taken {
			return check.Failf("a stack for each thread", "threads %d and %d both have stack pointer %s", other, th.TID(), sp)
		}
		owner[sp] = th.TID()
	}
	t.w.Note("%d threads, %d stack pointers", len(t.threads), len(owner))
	return nil
}

// churn: a thread for each piece of work against one that is there. It breaks when a new thread costs hardly more.
func churn(sc *godog.ScenarioContext, w *World) {
	var contest measure.Contest
	var anew, ahead int
	sc.Given(`^work that is nothing, done by a thread made for it, and by a thread that waits for work$`, func() {
		const times = 5
		work, done := make(chan struct{}), make(chan struct{})
		standing := thread.Start(func(*thread.Thread) {
			for range work {
				done <- struct{}{}
			}
		})
		w.Cleanup(func() {
			close(work)
			if err := standing.Join(); err != nil {
				w.Note("%v", err)
			}
		})
		anew = contest.Add(times, func() {
			for range times {
				var over sync.WaitGroup
				over.Go(runtime.LockOSThread) // a thread whose goroutine ends while locked to it ends as well
				over.Wait()
			}
		})
		ahead = contest.Add(times, func() {
			for range times {
				work <- struct{}{}
				<-done
			}
		})
	})
	sc.Then(`^the thread made for it takes more than ([\d.]+) times as long$`, func(times float64) error {
		apart := contest.Until(30, 20, func(c []float64) bool { return c[anew] > times*c[ahead] })
		c := contest.Costs()
		w.Note("%.1f µs with a new thread, %.1f µs with one that waits: %.1f times", c[anew]/1e3, c[ahead]/1e3, c[anew]/c[ahead])
		if !apart {
			return check.Failf(fmt.Sprintf("more than %.1f times", times), "%.1f times", c[anew]/c[ahead])
		}
		return nil
	})
}
