//go:build linux

package subject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/tracer"
)

// Attach observes a server that runs already, given by the number of its first process, with all its threads and descendants.
// It returns when it is known where the server listens: at spec.Address, or wherever the kernel's tables say. Of spec, only
// what concerns clients is used. The process must not be a child of this one that somebody here waits for: the wait would take
// the tracer's stops away. Stop lets go of the server and leaves it running, as does the end of ctx.
//
// An *Error says why it cannot be observed, or where it listens on several ports.
func Attach(ctx context.Context, pid int, spec Spec, sink trace.Sink) (*Subject, error) {
	s := &Subject{spec: spec, tap: &tap{sink: sink}, attached: true}
	if err := s.meet(pid); err != nil {
		return nil, err
	}
	p, err := tracer.Attach(ctx, pid, s.tap, tracer.Options{Started: time.Now(), Address: s.Address()})
	if err != nil {
		s.release()
		return nil, attachError(pid, err)
	}
	s.process = p
	if err := s.waitListen(ctx); err != nil {
		return nil, errors.Join(err, s.letGo())
	}
	s.note(s.tap.open(s.Address()))
	s.mark("listening")
	s.detach = context.AfterFunc(ctx, p.Detach)
	return s, nil
}

// meet settles what is known of a running server before it is observed.
func (s *Subject) meet(pid int) (err error) {
	if s.spec.StartTimeout == 0 {
		s.spec.StartTimeout = defaultStartTimeout
	}
	if s.spec.Address != "" {
		if s.address, err = parseAddress(s.spec.Address); err != nil {
			return err
		}
		s.address = dialled(s.address)
	}
	s.tap.waiting = !s.address.IsValid()
	p, err := proc.Read(pid)
	if proc.Gone(err) {
		return attachError(pid, os.ErrProcessDone)
	}
	if err != nil {
		return err
	}
	s.command = []string{p.Comm}
	s.family = newFamily(pid, newMark())
	if s.output, err = newOutput(nil); err == nil { // nothing is written to it: what the server prints goes where it went
		s.output.started()
	}
	return err
}

// letGo ends the observation and gives back what there was for it.
func (s *Subject) letGo() error {
	defer s.release()
	members, err := s.family.read()
	s.process.Kill() // which detaches
	_, waitErr := s.process.Wait()
	if s.tap == nil {
		return errors.Join(err, waitErr)
	}
	return errors.Join(err, waitErr, s.tap.finish(zombies(members)))
}

// attachError says why a process cannot be observed.
func attachError(pid int, err error) error {
	e := &Error{Kind: ErrNotTraceable, Detail: fmt.Sprintf("process %d: %v", pid, err), Err: err}
	var refused *tracer.RefusedError
	switch {
	case errors.Is(err, os.ErrProcessDone):
		e.Kind, e.Detail = ErrNotFound, fmt.Sprintf("no process %d runs here", pid)
		e.Hint = "is it the number of a process that runs? 'pgrep -a NAME' lists them; of a server with several, take the first"
	case errors.As(err, &refused):
		e.Detail = fmt.Sprintf("process %d: %s: %v", pid, refused.Op, refused.Err)
		e.Hint = whyRefused(pid)
	default:
		return err
	}
	return e
}

// whyRefused says what would let us trace a process: who traces it already must go, as there is place for one (ptrace(2)); else it
// is a matter of rights.
func whyRefused(pid int) string {
	status, err := proc.ReadStatus(pid)
	switch {
	case err == nil && status.Tracer != 0:
		by := fmt.Sprintf("thread %d", status.Tracer)
		if t, err := proc.Read(status.Tracer); err == nil {
			by += " (" + t.Comm + ")"
		}
		return by + " traces it already, and only one can: end that first"
	case err == nil && status.UID != os.Geteuid():
		return "it is another user's: run as " + userName(status.UID) + ", or as root"
	}
	return "it may have forbidden it (PR_SET_DUMPABLE), or Yama has (sysctl kernel.yama.ptrace_scope=0 lifts that): be root"
}
