//go:build linux

package sampler

import "golang.org/x/sys/unix"

// names of the calls in which servers sleep, by the kernel's numbers.
var names = map[int64]string{
	unix.SYS_ACCEPT: "accept", unix.SYS_ACCEPT4: "accept4",
	unix.SYS_READ: "read", unix.SYS_READV: "readv", unix.SYS_RECVFROM: "recvfrom", unix.SYS_RECVMSG: "recvmsg", unix.SYS_PREAD64: "pread64",
	unix.SYS_WRITE: "write", unix.SYS_WRITEV: "writev", unix.SYS_SENDTO: "sendto", unix.SYS_SENDMSG: "sendmsg",
	unix.SYS_PSELECT6: "pselect6", unix.SYS_PPOLL: "ppoll",
	unix.SYS_EPOLL_PWAIT: "epoll_pwait", unix.SYS_EPOLL_PWAIT2: "epoll_pwait2",
	unix.SYS_IO_URING_ENTER: "io_uring_enter",
	unix.SYS_FUTEX:          "futex", unix.SYS_FLOCK: "flock", unix.SYS_SEMOP: "semop", unix.SYS_SEMTIMEDOP: "semtimedop",
	unix.SYS_WAIT4: "wait4", unix.SYS_WAITID: "waitid",
	unix.SYS_NANOSLEEP: "nanosleep", unix.SYS_CLOCK_NANOSLEEP: "clock_nanosleep",
}
