package main

import (
	"errors"
	"fmt"
	"io"
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
	if t, h, ok := explain(err); ok {
		text, hint = t, h
	}
	fmt.Fprintf(stderr, "error: %s\n", text)
	if hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", hint)
	}
	return statusOf(err)
}
