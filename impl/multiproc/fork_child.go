//go:build linux

package multiproc

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The runtime's own preparations for a fork, which package syscall uses, and which the runtime keeps reachable for
// others (runtime/proc.go). In between, signals are blocked, and a growing stack is caught.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

// fork makes a process that is a copy of this one. It returns twice: in the parent with the child's id; in the child with
// 0, which is seen here only, since the child goes its own way.
//
//go:nosplit
//go:norace
//go:noinline
func fork(fd, parent int, line bool, size int) (pid int, err syscall.Errno) {
	beforeFork()
	pid = call(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if pid == 0 {
		child(fd, parent)
		serve(line, size)
		exit()
	}
	afterFork()
	if pid < 0 {
		return 0, syscall.Errno(-pid)
	}
	return pid, 0
}

// child puts the process in order. It keeps its connection and nothing else: a copy of the listener would hold the port
// when the parent is gone, a copy of another connection would hold back the end that its client waits for.
//
//go:nosplit
//go:norace
//go:noinline
func child(fd, parent int) {
	call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0)
	if ppid := call(unix.SYS_GETPPID, 0, 0, 0, 0, 0, 0); ppid != parent {
		exit() // it died before we asked to be told
	}
	if fd != connection {
		call(unix.SYS_DUP3, uintptr(fd), connection, 0, 0, 0, 0)
	}
	call(unix.SYS_CLOSE_RANGE, connection+1, lastDescriptor, 0, 0, 0, 0)
	hearSignals()
}

// lastDescriptor is above any descriptor.
const lastDescriptor = 1<<32 - 1

// A sigaction is the kernel's, include/uapi/asm-generic/signal.h.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// hearSignals makes the word to stop end the conversation, once what has come is answered (stopReading), instead of the
// process. The fork left all signals blocked. Only these two are unblocked: for the others, the child still has the
// handlers of the Go runtime, which must not run.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func hearSignals() {
	const (
		setSize    = 8          // bytes of a set of signals
		onStack    = 0x08000000 // SA_ONSTACK: this stack is too small, the runtime made another one for signals
		restart    = 0x10000000 // SA_RESTART: a call that was interrupted goes on
		termAndInt = 1<<(unix.SIGTERM-1) | 1<<(unix.SIGINT-1)
	)
	act := sigaction{handler: stopReadingPC(), flags: onStack | restart | restorerFlag, restorer: restorerPC()}
	call(unix.SYS_RT_SIGACTION, uintptr(unix.SIGTERM), uintptr(unsafe.Pointer(&act)), 0, setSize, 0, 0)
	call(unix.SYS_RT_SIGACTION, uintptr(unix.SIGINT), uintptr(unsafe.Pointer(&act)), 0, setSize, 0, 0)
	set := uint64(termAndInt)
	call(unix.SYS_RT_SIGPROCMASK, unix.SIG_UNBLOCK, uintptr(unsafe.Pointer(&set)), 0, setSize, 0, 0)
}

//go:nosplit
//go:norace
//go:noinline
func exit() {
	for {
		call(unix.SYS_EXIT_GROUP, 0, 0, 0, 0, 0, 0)
	}
}

// stopReadingPC is where the signal handler is: it calls shutdown(connection, SHUT_RD), and that is all. A handler that
// set a variable would come too late for a child that has just looked at it and now blocks; the kernel forgets nothing.
func stopReadingPC() uintptr

// restorerPC is where a handler returns to, where the kernel does not provide it.
func restorerPC() uintptr
