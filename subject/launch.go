//go:build linux

package subject

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/tracer"
)

// launched is the command as a process, which leads a process group of its own. A traced one is a *tracer.Process.
type launched interface {
	PID() int
	Now() trace.Time
	Signal(os.Signal) error // to the whole process group
	Kill()                  // the whole process group, at once
	Done() <-chan struct{}  // closed when the command has ended and was reaped; traced: and all its descendants, too
	Wait() (tracer.Status, error)
}

// environment is this process's, with some variables added or replaced. Each is there once: of two, programs of different
// languages take different ones.
func environment(replaced []string) []string {
	names := map[string]bool{}
	for _, v := range replaced {
		name, _, _ := strings.Cut(v, "=")
		names[name] = true
	}
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return names[name]
	})
	return append(kept, replaced...)
}

// launch starts the command.
func (s *Subject) launch(ctx context.Context, cmd tracer.Command) (launched, error) {
	if s.tap == nil {
		return startPlain(cmd)
	}
	p, err := tracer.Start(ctx, cmd, s.tap, tracer.Options{Started: time.Now(), Address: s.Address()})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// plain is a command that nobody traces.
type plain struct {
	cmd     *exec.Cmd
	started time.Time
	done    chan struct{}
	status  tracer.Status
	err     error
}

// startPlain starts the command in a process group of its own. It dies with us: the kernel sends it KILL when the thread
// that made it ends (prctl(2), PR_SET_PDEATHSIG), so one goroutine keeps that thread until the command has ended.
func startPlain(c tracer.Command) (*plain, error) {
	p := &plain{
		cmd: &exec.Cmd{
			Args: c.Args, Env: c.Env, Dir: c.Dir, Stdout: c.Stdout, Stderr: c.Stderr,
			SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
		},
		started: time.Now(),
		done:    make(chan struct{}),
	}
	path, err := exec.LookPath(c.Path)
	if err != nil {
		return nil, &tracer.ExecError{Path: c.Path, Err: err}
	}
	p.cmd.Path = path
	begun := make(chan error)
	go p.run(begun)
	if err := <-begun; err != nil {
		return nil, &tracer.ExecError{Path: c.Path, Err: err}
	}
	return p, nil
}

func (p *plain) run(begun chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	begun <- err
	if err != nil {
		return
	}
	defer close(p.done)
	err = p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.err = fmt.Errorf("wait for the command: %w", err)
		return
	}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok {
		if status.Signaled() {
			p.status.Signal = status.Signal()
		} else {
			p.status.Code = status.ExitStatus()
		}
	}
}

func (p *plain) PID() int              { return p.cmd.Process.Pid }
func (p *plain) Now() trace.Time       { return trace.Time(time.Since(p.started)) }
func (p *plain) Done() <-chan struct{} { return p.done }

func (p *plain) Signal(sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return os.NewSyscallError("kill", unix.EINVAL)
	}
	select {
	case <-p.done: // the number of the group may belong to others by now
		return os.ErrProcessDone
	default:
		return os.NewSyscallError("kill", unix.Kill(-p.PID(), number))
	}
}

func (p *plain) Kill() { _ = p.Signal(unix.SIGKILL) } // an error says that it has ended

func (p *plain) Wait() (tracer.Status, error) {
	<-p.done
	return p.status, p.err
}

// launchError says why the command could not even begin.
func launchError(command, dir string, err error) error {
	e := &Error{Detail: err.Error(), Err: err}
	var execution *tracer.ExecError
	switch {
	case errors.Is(err, tracer.ErrRefused):
		e.Kind = ErrNotTraceable
		var refused *tracer.RefusedError
		if errors.As(err, &refused) {
			e.Detail = refused.Op + ": " + refused.Err.Error()
			e.Hint = refused.Hint
		}
	case !errors.As(err, &execution):
		return err
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound):
		e.Kind = ErrNotFound
		e.Hint = "check the spelling"
		if !strings.Contains(command, "/") {
			e.Hint += ", or give the path: ./" + command
		}
		if _, statErr := os.Stat(command); statErr == nil && dir != "" && !filepath.IsAbs(command) {
			e.Hint = "a relative path is looked up in the directory of the command, " + dir
		} else if statErr == nil {
			e.Hint = "the file is there: the interpreter or loader that it names is missing (see its first line, or ldd), or, " +
				"given without a slash, it is not in PATH"
		}
	default:
		e.Kind = ErrNotExecutable
		e.Hint = "make it executable (chmod +x), and check that it is a program for this machine"
	}
	return e
}
