//go:build linux

package subject

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
)

// Asleep reports whether every thread of the server, in all its processes, was seen asleep, one after the other. A thread
// that something has woken is not asleep, also while it waits for a processor. So a server that is asleep at look after
// look, and owes an answer, will not give it, unless it has set itself a time.
func (s *Subject) Asleep() (bool, error) {
	members, err := s.family.serving()
	if err != nil {
		return false, err
	}
	return allSleep(members)
}

func allSleep(members []proc.Process) (bool, error) {
	for _, p := range members {
		if !p.Alive() {
			continue
		}
		threads, err := proc.Threads(p.PID)
		if proc.Gone(err) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("see whether the server sleeps: %w", err)
		}
		for _, t := range threads {
			if t.State.Alive() && t.State != proc.Sleeping {
				return false, nil
			}
		}
	}
	return true, nil
}

// noneRuns reports whether no thread of them runs or wants to, or is held by its tracer. That is less than to sleep: who waits
// for a disk, or was stopped, does not run.
func noneRuns(members []proc.Process) bool {
	for _, p := range members {
		threads, err := proc.Threads(p.PID)
		if err != nil {
			continue // it has ended
		}
		for _, t := range threads {
			if t.State == proc.Running || t.State == proc.Traced {
				return false
			}
		}
	}
	return true
}

// A Watch looks at a server again and again.
type Watch struct {
	server *Subject
	used   time.Duration // CPU time, up to the last look
	at     time.Time     // when that was
}

// Watch begins to look at the server.
func (s *Subject) Watch() *Watch { return &Watch{server: s, used: -1} }

// Rested reports whether the server has done nothing since the last look: all threads sleep, and none has run. Threads
// that wake each other in turn may all be seen asleep, each at its time; but they use a processor for it.
func (w *Watch) Rested() (bool, error) {
	members, spent, err := w.look()
	if err != nil || spent != 0 {
		return false, err
	}
	return allSleep(members)
}

// napping is how much of the time a server with nothing to do may run, one part in so many, since threads of it look for other
// work now and then. That takes far less.
const napping = 20

// Dozes reports whether all threads sleep, and the server has hardly run since the last look. On a busy machine, where looks are
// far apart, one that looks for other work now and then never rests; but it dozes.
func (w *Watch) Dozes() (bool, error) {
	last := w.at
	members, spent, err := w.look()
	if err != nil || spent < 0 || napping*spent > w.at.Sub(last) {
		return false, err
	}
	return allSleep(members)
}

// look gives the server's processes, and how much CPU time they have used since the last look: -1 when that is not known,
// at the first look and when one has ended.
func (w *Watch) look() (members []proc.Process, spent time.Duration, err error) {
	if members, err = w.server.family.serving(); err != nil {
		return nil, -1, err
	}
	before := w.used
	w.used, w.at = 0, time.Now()
	for _, p := range members {
		if !p.Alive() || p.PID == w.server.family.kernel { // who plays the kernel has a clock to keep, and others to serve
			continue
		}
		cpu, err := measure.ProcessCPU(p.PID)
		if err != nil && !proc.Gone(err) && !errors.Is(err, unix.EINVAL) { // EINVAL: there is no such clock any more
			return nil, -1, err
		}
		w.used += cpu
	}
	if before < 0 || w.used < before {
		return members, -1, nil
	}
	return members, w.used - before, nil
}
