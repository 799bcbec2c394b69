//go:build linux

package subject

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/iospec/iospec/tracer"
)

// Stopped tells how a server ended.
type Stopped struct {
	Status  tracer.Status
	Killed  bool // the StopSignal was not enough for the first process: KILL ended it
	Left    int  // other processes that ran on after it, and were killed
	Zombies int  // children that had ended and that the server had not reaped, when it was told to stop
}

// Stop ends the server: the StopSignal to its process group, KILL after the StopTimeout or at once when ctx is done, and KILL for
// whatever is left. It returns when nothing is left, with how it was. One that was attached to is let go instead. A second call returns what the first one did.
// An error is never the server's fault: something could not be killed, reaped or recorded.
func (s *Subject) Stop(ctx context.Context) (Stopped, error) {
	s.once.Do(func() { s.stopped, s.stopErr = s.stop(ctx) })
	return s.stopped, s.stopErr
}

func (s *Subject) stop(ctx context.Context) (stopped Stopped, err error) {
	if s.attached {
		s.detach()
		s.mark("stop")
		return stopped, errors.Join(s.letGo(), s.recordingError())
	}
	defer s.release()
	s.detach()
	members, err := s.family.read()
	if err != nil {
		_, killErr := s.kill()
		return stopped, errors.Join(err, killErr)
	}
	stopped.Zombies = zombies(members)
	s.mark("stop")
	s.terminate(ctx)
	stopped.Killed = s.leads()
	if stopped.Left, err = s.kill(); err != nil {
		return stopped, err
	}
	if stopped.Killed {
		stopped.Left = max(0, stopped.Left-1) // the first process was among them
	}
	stopped.Status, err = s.process.Wait()
	if s.tap != nil {
		s.note(s.tap.finish(stopped.Zombies))
	}
	return stopped, errors.Join(err, s.recordingError())
}

// terminate asks all of the server to end, and waits until it has, as long as the StopTimeout and ctx allow.
func (s *Subject) terminate(ctx context.Context) {
	if err := s.process.Signal(s.spec.StopSignal); err != nil {
		return // nobody is left to hear it, and kill finds out about others
	}
	for poll := newPoll(s.spec.StopTimeout); ctx.Err() == nil; {
		if !s.leads() {
			if n, err := s.family.living(); err != nil || n == 0 {
				return
			}
		}
		if !poll.again() {
			return
		}
	}
}

// kill ends all that is left, at once, and returns when nothing is: how many processes it hit.
func (s *Subject) kill() (int, error) {
	hit, err := s.family.living()
	if err != nil {
		return 0, err
	}
	s.process.Kill()
	select {
	case <-s.process.Done():
	case <-time.After(sweepTime):
		return hit, fmt.Errorf("%v after KILL, process %d has not ended", sweepTime, s.PID())
	}
	_, err = s.family.sweep()
	return hit, err
}
