//go:build linux

package subject

import (
	"errors"
	"fmt"
	"strings"
)

// Why a start failed: errors.Is tells which.
var (
	ErrNotFound      = errors.New("the command does not exist")
	ErrNotExecutable = errors.New("the command cannot be executed")
	ErrExited        = errors.New("the command ended before it listened")
	ErrDaemonised    = errors.New("the command went to the background")
	ErrNeverListens  = errors.New("the command does not listen")
	ErrHidden        = errors.New("it cannot be seen where the server listens")
	ErrElsewhere     = errors.New("the command listens elsewhere")
	ErrSeveral       = errors.New("the command listens on several ports")
	ErrTaken         = errors.New("the port is taken")
	ErrNotTraceable  = errors.New("the command cannot be recorded")
	ErrDied          = errors.New("the server ended while clients used it")
	ErrProtocol      = errors.New("the server speaks another protocol")
	ErrLoad          = errors.New("the load failed")
)

// Error tells why a server could not be started or used, what to do about it, and what it printed last.
type Error struct {
	Kind   error  // one of the above
	Detail string // what was seen, in a sentence or two
	Hint   string // what to do
	Output string // the last lines that the command printed
	Err    error  // what lies beneath, if anything: an errno, a refusal of the tracer
}

// shownLines is how much of the output an error message repeats.
const shownLines = 12

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %s", e.Kind, e.Detail)
	if e.Hint != "" {
		fmt.Fprintf(&b, "\nhint: %s", e.Hint)
	}
	if out := strings.TrimSpace(e.Output); out != "" {
		lines := strings.Split(out, "\n")
		lines = lines[max(0, len(lines)-shownLines):]
		fmt.Fprintf(&b, "\nits last output:\n  %s", strings.Join(lines, "\n  "))
	}
	return b.String()
}

func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
