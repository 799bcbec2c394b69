//go:build !linux || !(amd64 || arm64)

package tracer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/iospec/iospec/trace"
)

// errNoPtrace is what every function here gives: ptrace with seccomp is Linux's.
var errNoPtrace = fmt.Errorf("recording by ptrace on %s/%s: %w (record on Linux, amd64 or arm64)",
	runtime.GOOS, runtime.GOARCH, errors.ErrUnsupported)

// Process is a command that is being recorded. On this platform there is none: Start fails.
type Process struct{}

// Start fails on this platform.
func Start(context.Context, Command, trace.Sink, Options) (*Process, error) { return nil, errNoPtrace }

// Attach fails on this platform.
func Attach(context.Context, int, trace.Sink, Options) (*Process, error) { return nil, errNoPtrace }

// Detach does nothing.
func (p *Process) Detach() {}

// Supported says that this platform cannot record.
func Supported() error { return errNoPtrace }

// PID is 0: there is no process.
func (p *Process) PID() int { return 0 }

// PGID is 0: there is no process group.
func (p *Process) PGID() int { return 0 }

// Now is 0: there is no recording.
func (p *Process) Now() trace.Time { return 0 }

// Tasks is 0: there are none.
func (p *Process) Tasks() int { return 0 }

// Zombies is 0: there are none.
func (p *Process) Zombies() int { return 0 }

// Signal fails on this platform.
func (p *Process) Signal(os.Signal) error { return errNoPtrace }

// Kill does nothing.
func (p *Process) Kill() {}

// Done is nil: there is nothing to wait for.
func (p *Process) Done() <-chan struct{} { return nil }

// Wait fails on this platform.
func (p *Process) Wait() (Status, error) { return Status{}, errNoPtrace }
