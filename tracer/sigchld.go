//go:build linux && (amd64 || arm64)

package tracer

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's struct sigaction (rt_sigaction(2)), the same on both machines.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const saNocldstop = 1

// quietStops asks the kernel not to send this process a SIGCHLD for each stop of a tracee (SA_NOCLDSTOP): the loop waits
// for stops, nobody needs to be told, and the delivery of the signal to some thread of the runtime would cost as much as
// the stop itself. Handlers stay, and so do the signals for children that end.
func quietStops() {
	var act sigaction
	const size = unsafe.Sizeof(act.mask)
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), 0, uintptr(unsafe.Pointer(&act)), size, 0, 0)
	if errno != 0 || act.flags&saNocldstop != 0 {
		return // only speed is lost
	}
	act.flags |= saNocldstop
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(&act)), 0, size, 0, 0)
}
