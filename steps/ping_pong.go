//go:build linux

package steps

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
	"unsafe"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/internal/thread"
)

// pingPong passes the turn to and fro between two who sleep in a read of an event counter meanwhile, so that on one CPU
// each turn is a switch, and writes to every cache line of its memory in each turn.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func pingPong(in, to int, turns uint64, memory unsafe.Pointer, size uintptr, begin bool) {
	for range turns {
		if !begin {
			takeTurn(in)
		}
		for i := uintptr(0); i < size; i += 64 {
			*(*byte)(unsafe.Add(memory, i))++
		}
		one := uint64(1)
		_, _, _ = unix.RawSyscall(unix.SYS_WRITE, uintptr(to), uintptr(unsafe.Pointer(&one)), 8)
		if begin {
			takeTurn(in)
		}
	}
}

//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func takeTurn(in int) {
	var got uint64
	for err := unix.EINTR; err == unix.EINTR; {
		_, _, err = unix.RawSyscall(unix.SYS_READ, uintptr(in), uintptr(unsafe.Pointer(&got)), 8)
	}
}

// largestSet bounds the memory that is written to in a turn.
const largestSet = 4 << 20

// prepareGame pins us, a thread, and a child to one CPU, and makes the memory that they write to in their turns: one for
// the two threads, which share it as threads do, and the child's copy of it.
func (p *parentOfBare) prepareGame(string) (string, error) {
	debug.SetGCPercent(-1) // a collector would wait for us while we sleep in a raw call
	runtime.GOMAXPROCS(8)  // and each who sleeps so keeps one of these
	runtime.LockOSThread() // for good
	var cpu, node uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), uintptr(unsafe.Pointer(&node)), 0); errno != 0 {
		return "", fmt.Errorf("getcpu: %w", errno)
	}
	for _, fd := range []*int{&bare.pingIn, &bare.pingTo} {
		r, _, errno := unix.Syscall(unix.SYS_EVENTFD2, 0, unix.EFD_CLOEXEC, 0)
		if errno != 0 {
			return "", fmt.Errorf("eventfd: %w", errno)
		}
		*fd = int(r)
	}
	p.games = make(chan struct{})
	pinned := make(chan error)
	thread.Start(func(*thread.Thread) { // it ends with the process
		pinned <- pin(cpu)
		for range p.games {
			pingPong(bare.pingTo, bare.pingIn, bare.board.turns, bare.memory, uintptr(bare.board.touched), false)
		}
	})
	if err := <-pinned; err != nil {
		return "", err
	}
	if err := pin(cpu); err != nil {
		return "", err
	}
	if _, err := p.mapMemory(fmt.Sprint(largestSet)); err != nil {
		return "", err
	}
	if _, err := p.fork(""); err != nil {
		return "", err
	}
	return p.tell(string(orderTouch)) // so the child has its copy
}

// pin lets this thread run on one CPU only.
func pin(cpu uint32) error {
	var set unix.CPUSet
	set.Set(int(cpu))
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	return nil
}

// play plays one round, "thread TURNS BYTES" or "process TURNS BYTES", and tells how many nanoseconds a turn took. Before
// the first turn that counts is one that does not: until then the partner may still be on its way.
func (p *parentOfBare) play(game string) (string, error) {
	var partner string
	if _, err := fmt.Sscan(game, &partner, &bare.board.turns, &bare.board.touched); err != nil {
		return "", err
	}
	turns, touched := bare.board.turns, uintptr(bare.board.touched)
	if partner == "thread" {
		p.games <- struct{}{}
	} else if _, err := unix.Write(p.orders, []byte{orderPong}); err != nil {
		return "", fmt.Errorf("tell the child: %w", err)
	}
	pingPong(bare.pingIn, bare.pingTo, 1, bare.memory, touched, true)
	started := time.Now()
	pingPong(bare.pingIn, bare.pingTo, turns-1, bare.memory, touched, true)
	took := time.Since(started)
	if partner == "process" {
		if _, err := p.hear(); err != nil {
			return "", err
		}
	}
	return fmt.Sprint(float64(took.Nanoseconds()) / float64(2*(turns-1))), nil
}

// switching: what a switch between two processes costs, and one between two threads. It breaks when the first is much
// dearer bare, and when it is not with memory that fits into the cache once and not twice.
func switching(sc *godog.ScenarioContext, w *World) {
	var costs [2][]float64 // a turn, in nanoseconds: of threads, of processes
	var play func() error
	prepare := func(bytes int) error {
		parent, err := w.forkingParent(reexec.Options{})
		if err != nil {
			return err
		}
		if _, err := parent.Ask("prepare"); err != nil {
			return err
		}
		play = func() error {
			for i, partner := range []string{"thread", "process"} {
				answer, err := parent.Ask(fmt.Sprintf("play %s 21 %d", partner, bytes))
				if err != nil {
					return err
				}
				ns, err := strconv.ParseFloat(answer, 64)
				if err != nil {
					return err
				}
				costs[i] = append(costs[i], ns)
			}
			return nil
		}
		return nil
	}
	sc.Given(`^two threads and two processes that pass the turn to and fro on one CPU, and do nothing else$`, func() error { return prepare(0) })
	sc.Given(`^two threads and two processes that pass the turn to and fro on one CPU, and write to half a second-level cache of memory in each$`, func() error {
		cache, err := kibibytesOfCache()
		if err != nil {
			return err
		}
		w.Note("a second-level cache of %d KiB", cache)
		return prepare(min(cache<<10/2, largestSet))
	})
	judge := func(what string, right func(ratio float64) bool) error {
		ratio := 0.0
		for round := 0; round < 400 && (round < 40 || !right(ratio)); round++ {
			if err := play(); err != nil {
				return err
			}
			ratio = measure.Min(costs[1]) / measure.Min(costs[0])
		}
		w.Note("a turn takes %.2f µs between threads and %.2f µs between processes, the fastest of %d rounds each: %.2f times; in the middle %.2f and %.2f µs",
			measure.Min(costs[0])/1e3, measure.Min(costs[1])/1e3, len(costs[0]), ratio, measure.Median(costs[0])/1e3, measure.Median(costs[1])/1e3)
		if !right(ratio) {
			return check.Failf(what, "%.2f times", ratio)
		}
		return nil
	}
	sc.Then(`^a switch between processes takes less than ([\d.]+) times one between threads$`, func(times float64) error {
		return judge(fmt.Sprintf("less than %.2f times", times), func(ratio float64) bool { return ratio < times })
	})
	sc.Then(`^a switch between processes takes more than ([\d.]+) times one between threads$`, func(times float64) error {
		return judge(fmt.Sprintf("more than %.2f times", times), func(ratio float64) bool { return ratio > times })
	})
}

// kibibytesOfCache reads how large the second-level cache is: what one copy of half its size leaves, two do not.
func kibibytesOfCache() (int, error) {
	text, err := os.ReadFile("/sys/devices/system/cpu/cpu0/cache/index2/size")
	if err != nil {
		return 0, check.Unsupportedf("the size of the second-level cache is not told: %v", err)
	}
	var kib int
	if _, err := fmt.Sscanf(string(text), "%dK", &kib); err != nil {
		return 0, check.Unsupportedf("the size of the second-level cache is told as %q", text)
	}
	return kib, nil
}
