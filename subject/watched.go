//go:build linux

package subject

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/tracer"
)

// LookAt looks at a server that runs already, in place of recording it as Attach does. The observation is filled by Exercise.
func LookAt(ctx context.Context, pid int, spec Spec, into *sample.Observation) (*Subject, error) {
	s := &Subject{spec: spec, tap: &tap{sink: trace.NewRecording()}, attached: true, observation: into}
	if err := s.meet(pid); err != nil {
		return nil, err
	}
	s.tap = nil
	s.process = watchProcess(ctx, pid)
	if err := s.waitListen(ctx); err != nil {
		s.process.Kill()
		s.release()
		return nil, err
	}
	s.detach = context.AfterFunc(ctx, s.process.Kill)
	return s, nil
}

// watched is a process that is not ours: it is let run, whatever it is told.
type watched struct {
	pid     int
	started time.Time
	done    chan struct{}
	let     context.CancelFunc
}

// watchProcess waits for the end of a process, or until it is let go.
func watchProcess(ctx context.Context, pid int) *watched {
	ctx, let := context.WithCancel(ctx)
	w := &watched{pid: pid, started: time.Now(), done: make(chan struct{}), let: let}
	go func() {
		defer close(w.done)
		for p := newPoll(time.Hour); ctx.Err() == nil && unix.Kill(pid, 0) != unix.ESRCH && p.again(); {
		}
	}()
	return w
}

func (w *watched) PID() int               { return w.pid }
func (w *watched) Now() trace.Time        { return trace.Time(time.Since(w.started)) }
func (w *watched) Signal(os.Signal) error { return errors.ErrUnsupported }
func (w *watched) Kill()                  { w.let() }
func (w *watched) Done() <-chan struct{}  { return w.done }

func (w *watched) Wait() (tracer.Status, error) {
	<-w.done
	return tracer.Status{}, nil
}
