package main

import (
	"errors"
	"strings"

	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/tracer"
)

// explain gives the words and the hint of an error that has its own: that of a server under test.
func explain(err error) (text, hint string, ok bool) {
	s, ok := errors.AsType[*subject.Error](err)
	if !ok {
		return "", "", false
	}
	text = s.Kind.Error() + ": " + s.Detail
	if out := strings.TrimSpace(s.Output); out != "" {
		text += "\nits last output:\n  " + strings.ReplaceAll(out, "\n", "\n  ")
	}
	return text, s.Hint, true
}

func statusOf(err error) int {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.status
	}
	switch {
	case errors.Is(err, steps.ErrNothingSelected):
		return exitUsage
	case errors.Is(err, tracer.ErrRefused), errors.Is(err, subject.ErrHidden), errors.Is(err, subject.ErrNotFound), errors.Is(err, subject.ErrNotExecutable):
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
