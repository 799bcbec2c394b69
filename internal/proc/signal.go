//go:build linux

package proc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Signal sends a signal to this very process. When its number has passed to another process since p was read, the error
// satisfies Gone and nobody is hit: the pidfd is opened first and the identity compared after.
func (p Process) Signal(sig unix.Signal) error {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err != nil {
		return fmt.Errorf("open process %d: %w", p.PID, err)
	}
	defer func() { _ = unix.Close(fd) }()
	now, err := Read(p.PID)
	if err != nil {
		return err
	}
	if now.Started != p.Started {
		return fmt.Errorf("signal process %d: its number belongs to another now: %w", p.PID, unix.ESRCH)
	}
	if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != nil {
		return fmt.Errorf("signal process %d: %w", p.PID, err)
	}
	return nil
}
