//go:build linux

package wine

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
)

// stragglers gives the processes that live on in the bottle: all that have its folder in their environment.
func (b *Bottle) stragglers() (pids []int, err error) {
	all, err := proc.All()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if !p.Alive() {
			continue
		}
		env, err := proc.Environ(p.PID)
		if err != nil { // it has ended, or is another user's
			continue
		}
		if slices.Contains(env, "WINEPREFIX="+b.prefix()) {
			pids = append(pids, p.PID)
		}
	}
	return pids, nil
}

// end kills what lives on when the bottle's kernel has ended. That ends who is connected to it; a process that was being
// started just then has not yet been, and would wait for ever.
func (b *Bottle) end() error {
	return await.Until("the last process of Wine to end", func() (bool, error) {
		pids, err := b.stragglers()
		for _, pid := range pids {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
				return false, fmt.Errorf("kill process %d of Wine: %w", pid, err)
			}
		}
		return len(pids) == 0, err
	})
}
