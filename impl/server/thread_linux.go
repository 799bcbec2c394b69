package server

import "golang.org/x/sys/unix"

// threadID is the number by which the system knows the calling thread.
func threadID() int { return unix.Gettid() }

// threadTime is how long the calling thread has had a processor, in nanoseconds.
func threadTime() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // cannot fail: the clock exists since Linux 2.6.12
	return t.Nano()
}

// sleep blocks the thread in the kernel, as a slow disk would; time.Sleep would only park the goroutine.
func sleep(ms int64) {
	t := unix.NsecToTimespec(ms * 1e6)
	for unix.Nanosleep(&t, &t) == unix.EINTR { // t is what is left
	}
}
