package proactor

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// install gives this thread a seccomp filter (seccomp(2)).
func install(program *unix.SockFprog) error {
	_, _, err := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(program)))
	if err != 0 {
		return err
	}
	return nil
}
