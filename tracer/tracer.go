package tracer

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/iospec/iospec/trace"
)

// Command is what to start and record. Its standard input is /dev/null, and it leads a process group of its own.
type Command struct {
	Path string   // looked up in PATH when it has no slash
	Args []string // with argv[0]; empty: the path alone
	Env  []string // nil: this process's own
	Dir  string   // "": this process's own

	// Stdout and Stderr take the output. An *os.File is handed to the command itself; for any other writer it is copied,
	// and all of it is there when Wait returns. nil: /dev/null.
	Stdout, Stderr io.Writer
}

// Options say how to record.
type Options struct {
	Extra   []trace.Family // families that are off by default: FamilyLock
	Files   bool           // record reads and writes of plain files, too
	Started time.Time      // origin of every trace.Time, with a monotonic reading; zero: now
	Address string         // for the header: the listener that the clients will use
}

// Status tells how the command itself ended; its descendants' ends are in the recording.
type Status struct {
	Code   int            // exit status; 0 when a signal killed it
	Signal syscall.Signal // the signal that killed it, or 0
}

func (s Status) String() string {
	if s.Signal != 0 {
		return "killed by " + s.Signal.String()
	}
	return fmt.Sprintf("exit status %d", s.Code)
}

// ErrRefused matches, with errors.Is, every error that means: this machine does not let us record.
var ErrRefused = errors.New("recording by ptrace is refused here")

// RefusedError says which operation was refused, with which errno, and what would lift it. It is an ErrRefused.
type RefusedError struct {
	Op   string // "PTRACE_SEIZE", "seccomp", …
	Err  error  // the errno
	Hint string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s: %v: %v (%s)", e.Op, e.Err, ErrRefused, e.Hint)
}

func (e *RefusedError) Unwrap() []error { return []error{ErrRefused, e.Err} }

// ExecError says that the command itself could not be started: not found, not executable, no such directory.
type ExecError struct {
	Path string
	Err  error // wraps the errno, or exec.ErrNotFound
}

func (e *ExecError) Error() string { return fmt.Sprintf("start %s: %v", e.Path, e.Err) }

func (e *ExecError) Unwrap() error { return e.Err }
