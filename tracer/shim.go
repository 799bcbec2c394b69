//go:build linux && (amd64 || arm64)

package tracer

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A command is started by this very program, run again under the name shimName. That child waits until it is seized,
// installs the filter, and becomes the command. So the filter is there before the command's first instruction, and the
// command inherits nothing of it: the environment, the arguments, the descriptors and the limits are as os/exec would
// have given them, and the recording begins when the command has replaced the shim.
const (
	shimName = "iospec: shim of a command to be recorded"
	shimFD   = 3 // the shim's end of a socket pair: a launch comes in, nothing or a failure goes out
)

// launch is what the shim is told once it has been seized.
type launch struct {
	Path   string
	Args   []string
	Env    []string
	Filter []unix.SockFilter
}

// failure is what the shim answers when it could not become the command. No answer means it did.
type failure struct {
	Op    string // "seccomp" or "exec"
	Errno syscall.Errno
}

func init() {
	if len(os.Args) != 1 {
		return
	}
	switch os.Args[0] {
	case shimName:
		shim()
	case probeName:
		probe()
	}
}

// shim never returns. It runs on the main thread, the one that the tracer seized.
func shim() {
	runtime.LockOSThread()
	unix.CloseOnExec(shimFD)
	tracer := os.NewFile(shimFD, "tracer")
	var l launch
	if json.NewDecoder(tracer).Decode(&l) != nil {
		os.Exit(1) // the tracer died, or could not seize us: nobody is there to be told
	}
	op, err := "seccomp", install(l.Filter)
	if err == nil {
		op, err = "exec", syscall.Exec(l.Path, l.Args, l.Env)
	}
	answer := failure{Op: op}
	errors.As(err, &answer.Errno)
	if json.NewEncoder(tracer).Encode(answer) != nil {
		os.Exit(2)
	}
	os.Exit(1)
}

// install puts the filter on the calling thread. The kernel lets the privileged do so as they are; others must first
// give up gaining privileges by exec (PR_SET_NO_NEW_PRIVS), so for them a set-user-id command stays what they are.
func install(program []unix.SockFilter) error {
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	set := func() syscall.Errno {
		_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&fprog)))
		return errno
	}
	errno := set()
	if errno == unix.EACCES {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
		errno = set()
	}
	if errno != 0 {
		return errno
	}
	return nil
}
