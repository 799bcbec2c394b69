package proactor

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Unavailable is the error of a server that cannot have what it is about: io_uring.
type Unavailable struct {
	Call string // the system call that was refused
	Err  error  // what it said: an errno, or errTooOld
}

// errTooOld is what a kernel means that has io_uring, but not all of it.
var errTooOld = errors.New("the kernel is too old")

func (u *Unavailable) Error() string {
	return fmt.Sprintf("io_uring is not available: %s: %v (%s)", u.Call, u.Err, u.Hint())
}

// Unwrap gives the errno.
func (u *Unavailable) Unwrap() error { return u.Err }

// Hint says what to do about it.
func (u *Unavailable) Hint() string {
	switch {
	case errors.Is(u.Err, unix.EPERM):
		return "sysctl kernel.io_uring_disabled must be 0, and a container's seccomp filter must allow io_uring_setup, _enter and _register"
	case errors.Is(u.Err, unix.ENOMEM):
		return "raise the limit on locked memory, ulimit -l"
	case errors.Is(u.Err, unix.EMFILE), errors.Is(u.Err, unix.ENFILE):
		return "raise the limit on descriptors, ulimit -n"
	case errors.Is(u.Err, unix.ENOSYS):
		return "the kernel was built without it, or a sandbox hides it"
	}
	return "multishot receive and rings of buffers need Linux 6.0"
}
