//go:build linux

package sock

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

var limitLock sync.Mutex

// RaiseLimit raises the soft limit of open descriptors to at least n, which the hard limit must allow, and leaves it
// there: a process that may open more is no different otherwise.
func RaiseLimit(n uint64) error {
	limitLock.Lock()
	defer limitLock.Unlock()
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return fmt.Errorf("getrlimit RLIMIT_NOFILE: %w", err)
	}
	if lim.Cur >= n {
		return nil
	}
	if lim.Max < n {
		return fmt.Errorf("%w: %d descriptors are needed and the hard limit is %d (raise it with ulimit -Hn, as root)", ErrLimit, n, lim.Max)
	}
	lim.Cur = n
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return fmt.Errorf("setrlimit RLIMIT_NOFILE %d: %w", n, err)
	}
	return nil
}

// ErrLimit says that the machine's descriptor limit is below what is needed.
var ErrLimit = errors.New("the descriptor limit is too low")
