package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/tracer"
)

// The exit statuses, the same for every command.
const (
	exitKept         = 0 // every claim is kept
	exitBroken       = 1 // a claim is broken
	exitUsage        = 2 // the command line makes no sense
	exitMissing      = 3 // this machine lacks something that is needed
	exitFailed       = 4 // iospec itself failed, or the server under test could not be brought to serve
	exitInconclusive = 5 // with --strict: something was not exercised, or could not be shown here
)

// problem is an error for the user: what failed, what would help, and the exit status that tells them apart.
type problem struct {
	status int
	err    error
	hint   string
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

func usagef(hint, format string, args ...any) error {
	return &problem{exitUsage, fmt.Errorf(format, args...), hint}
}

// errInterrupted is what remains to be said after Ctrl-C.
var errInterrupted = errors.New("interrupted; what was started has been stopped")

// statusError carries an exit status when everything there is to say has been printed.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// finish prints an error in the form that every command uses and gives its exit status.
func finish(err error, stderr io.Writer) int {
	if err == nil {
		return exitKept
	}
	if s, ok := errors.AsType[statusError](err); ok {
		return int(s)
	}
	text, hint := err.Error(), ""
	if p, ok := errors.AsType[*problem](err); ok {
		hint = p.hint
	}
	if s, ok := errors.AsType[*subject.Error](err); ok {
		text, hint = s.Kind.Error()+": "+s.Detail, s.Hint
		if out := strings.TrimSpace(s.Output); out != "" {
			text += "\nits last output:\n  " + strings.ReplaceAll(out, "\n", "\n  ")
		}
	}
	fmt.Fprintf(stderr, "error: %s\n", text)
	if hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", hint)
	}
	return statusOf(err)
}

func statusOf(err error) int {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.status
	}
	switch {
	case errors.Is(err, steps.ErrNothingSelected):
		return exitUsage
	case errors.Is(err, tracer.ErrRefused), errors.Is(err, subject.ErrNotFound), errors.Is(err, subject.ErrNotExecutable):
		return exitMissing
	default:
		return exitFailed
	}
}

// verdict is the exit status that a summary deserves.
func verdict(s report.Summary, strict bool) error {
	switch {
	case s.Fail > 0:
		return statusError(exitBroken)
	case s.Error > 0:
		return statusError(exitFailed)
	case strict && s.Inconclusive+s.Unsupported > 0:
		return statusError(exitInconclusive)
	default:
		return nil
	}
}
