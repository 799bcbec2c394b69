//go:build linux

package sock

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ReceiveMemory tells how many bytes of kernel memory what lies unread in a socket takes, the bookkeeping included: the
// first number of SO_MEMINFO (since Linux 4.12), SK_MEMINFO_RMEM_ALLOC of linux/sock_diag.h.
func ReceiveMemory(fd int) (uint32, error) {
	var mem [9]uint32 // SK_MEMINFO_VARS
	size := uint32(unsafe.Sizeof(mem))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO, uintptr(unsafe.Pointer(&mem)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("getsockopt SO_MEMINFO: %w", errno)
	}
	return mem[0], nil
}
