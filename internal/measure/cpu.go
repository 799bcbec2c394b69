//go:build linux

package measure

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// CPU gives the CPU time, user and system, that the calling thread spends in f. The goroutine stays on its thread for
// as long as f runs. What the kernel does in other threads on f's behalf is not in it. In a virtual machine single
// readings may be far too low as well as too high, see AddProcess: take the middle of many.
func CPU(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadCPU()
	f()
	return threadCPU() - before
}

func threadCPU() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(fmt.Sprintf("clock_gettime(CLOCK_THREAD_CPUTIME_ID): %v", err)) // every Linux since 2.6.12 has it
	}
	return time.Duration(ts.Nano())
}

// whileIn gives the CPU time that processes spend while body runs.
func whileIn(pids []int, body func()) (time.Duration, error) {
	before, err := ProcessesCPU(pids)
	if err != nil {
		return 0, err
	}
	body()
	after, err := ProcessesCPU(pids)
	return after - before, err
}

// ProcessesCPU adds up what several processes have spent so far.
func ProcessesCPU(pids []int) (sum time.Duration, err error) {
	for _, pid := range pids {
		spent, err := ProcessCPU(pid)
		if err != nil {
			return 0, err
		}
		sum += spent
	}
	return sum, nil
}

// ProcessCPU gives the CPU time, user and system, that a process with all its threads has spent so far: the clock that
// clock_getcpuclockid(3) names. It counts nanoseconds, where /proc/PID/stat counts ticks of 10 ms.
func ProcessCPU(pid int) (time.Duration, error) {
	const sched = 2 // CPUCLOCK_SCHED, include/linux/posix-timers_types.h: as the scheduler counts, to the nanosecond
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &ts); err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}
