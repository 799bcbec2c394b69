//go:build linux

package proc

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestSpentIsTheThreads holds that what a thread spends is found at its number, and at no other.
func TestSpentIsTheThreads(t *testing.T) {
	const work = 20 * time.Millisecond
	worked, tid, end := make(chan struct{}), 0, make(chan struct{})
	defer close(end)
	before, err := Spent(os.Getpid())
	require.NoError(t, err)
	go func() {
		runtime.LockOSThread() // and the thread ends with it
		tid = unix.Gettid()
		var ts unix.Timespec
		for time.Duration(ts.Nano()) < work+before[tid] {
			_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
		}
		close(worked)
		<-end
	}()
	<-worked
	eventually(t, "the kernel to have counted it", func() bool {
		after, err := Spent(os.Getpid())
		return err == nil && after[tid]-before[tid] > work*9/10
	})
}

// TestSleepsCountsWaits holds that a thread which waits a number of times is counted as often at least. A thread of another
// test's that ends meanwhile takes its count with it; so the count is taken anew then.
func TestSleepsCountsWaits(t *testing.T) {
	const times, tries = 100, 20
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	most := 0
	for try := 0; try < tries && most < times; try++ {
		before, err := Sleeps(os.Getpid())
		require.NoError(t, err)
		for range times {
			for pause := unix.NsecToTimespec(1000); unix.Nanosleep(&pause, &pause) == unix.EINTR; {
			}
		}
		after, err := Sleeps(os.Getpid())
		require.NoError(t, err)
		most = max(most, after-before)
	}
	require.GreaterOrEqual(t, most, times)
}
