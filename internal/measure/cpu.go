package measure

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// CPU gives the CPU time, user and system, that the calling thread spends in f. The goroutine stays on its thread for
// as long as f runs. What the kernel does in other threads on f's behalf is not in it.
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
