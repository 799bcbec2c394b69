//go:build linux

package threadpool

import "golang.org/x/sys/unix"

const (
	mostThreads  = 20_000 // at the same time, unless the server is told otherwise
	spareThreads = 1_000  // for the Go runtime, whose own limit, 10 000, would end the process
)

// room is how many threads the server may have for connections: as many as it was told, but no more than half of what
// the user may have (RLIMIT_NPROC), since the Go runtime ends the process when the kernel refuses it a thread.
func room(workers int) int {
	if workers <= 0 {
		workers = mostThreads
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &limit); err == nil && limit.Cur/2 < uint64(workers) {
		workers = max(1, int(limit.Cur/2))
	}
	return workers
}
