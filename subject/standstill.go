//go:build linux

package subject

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/proc"
)

// standTime bounds how long a server is waited for to stand still. A thread stops as soon as it would return to its own code;
// only one that waits in a driver takes longer.
const standTime = 20 * time.Second

// Halt stops the server (SIGSTOP), and returns when every thread of every process of it stands still: in sessions of their own,
// too, as a super-server's children are, and those that are born meanwhile. Resume lets all go on; after an error they have been.
func (s *Subject) Halt() (resume func() error, err error) {
	resume = func() error {
		members, err := s.family.read()
		if err == nil {
			err = signalAll(members, unix.SIGCONT)
		}
		if err != nil {
			return fmt.Errorf("let the server go on: %w", err)
		}
		return nil
	}
	for poll := newPoll(standTime); ; {
		members, err := s.family.read()
		moving := slices.DeleteFunc(members, stands)
		if err == nil && len(moving) == 0 {
			return resume, nil
		}
		if err == nil {
			err = signalAll(foremost(moving), unix.SIGSTOP)
		}
		if err == nil && !poll.again() {
			err = fmt.Errorf("waited %v in vain for it to stand still; %s", standTime, s.family.doing())
		}
		if err != nil {
			_ = resume() // the first error tells more
			return nil, fmt.Errorf("stop the server for a moment: %w", err)
		}
	}
}

// foremost lists those whose parents are not among them. A child that a thread waits for in vfork(2) has to execute its program
// before that thread can stand still, so it may not be stopped first.
func foremost(moving []proc.Process) []proc.Process {
	return slices.DeleteFunc(slices.Clone(moving), func(p proc.Process) bool {
		return slices.ContainsFunc(moving, func(parent proc.Process) bool { return parent.PID == p.Parent })
	})
}

// stands reports whether no thread of the process can move, or is there to.
func stands(p proc.Process) bool {
	threads, err := proc.Threads(p.PID)
	if err != nil {
		return proc.Gone(err)
	}
	return !slices.ContainsFunc(threads, func(t proc.Thread) bool { return t.State.Alive() && t.State != proc.Stopped })
}

func signalAll(members []proc.Process, sig unix.Signal) (err error) {
	for _, p := range members {
		if e := p.Signal(sig); !proc.Gone(e) {
			err = errors.Join(err, e)
		}
	}
	return err
}
