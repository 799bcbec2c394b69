//go:build linux

package subject

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/tracer"
)

// hidden is why some process of the server does not show us what it holds: it is another user's, or may not be dumped
// (ptrace_may_access of proc_pid_fd(5)). It is nil where all do that have not ended.
func (s *Subject) hidden() *Error {
	holders, err := s.family.serving()
	if err != nil {
		return nil
	}
	for _, p := range holders {
		_, err := proc.Links(p.PID)
		if !errors.Is(err, fs.ErrPermission) {
			continue
		}
		if status, gone := proc.ReadStatus(p.PID); gone == nil && !status.Ended {
			return &Error{
				Kind:   ErrHidden,
				Detail: fmt.Sprintf("process %d (%s) does not show its descriptors: %v", p.PID, p.Comm, rootOf(err)),
				Hint:   "say where it listens, --address HOST:PORT; to see more of it, run as its user, or as root",
				Err:    err,
			}
		}
	}
	return nil
}

// blind is why a server that hides what it holds cannot be recorded, though it is traced: its calls name descriptors, and a
// recording would not know one connection.
func (e *Error) blind() *Error {
	hint := "run as its user; a program that may not be dumped shows itself to root only"
	return &Error{Kind: ErrNotTraceable, Detail: e.Detail, Hint: hint, Err: &tracer.RefusedError{Op: "name descriptors", Err: e.Err, Hint: hint}}
}

// rootOf is the operation, the file and the errno that an error is about.
func rootOf(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path
	}
	return err
}
