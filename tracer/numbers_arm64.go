//go:build linux

package tracer

import "golang.org/x/sys/unix"

// numbers gives the kernel's number of every system call that the tracer knows. The older calls that arm64 never had (fork, select,
// epoll_wait, …) are missing here.
var numbers = map[string]uint64{
	"accept":            unix.SYS_ACCEPT,
	"accept4":           unix.SYS_ACCEPT4,
	"bind":              unix.SYS_BIND,
	"clock_nanosleep":   unix.SYS_CLOCK_NANOSLEEP,
	"clone":             unix.SYS_CLONE,
	"clone3":            unix.SYS_CLONE3,
	"close":             unix.SYS_CLOSE,
	"close_range":       unix.SYS_CLOSE_RANGE,
	"connect":           unix.SYS_CONNECT,
	"dup":               unix.SYS_DUP,
	"dup3":              unix.SYS_DUP3,
	"epoll_create1":     unix.SYS_EPOLL_CREATE1,
	"epoll_ctl":         unix.SYS_EPOLL_CTL,
	"epoll_pwait":       unix.SYS_EPOLL_PWAIT,
	"epoll_pwait2":      unix.SYS_EPOLL_PWAIT2,
	"eventfd2":          unix.SYS_EVENTFD2,
	"execve":            unix.SYS_EXECVE,
	"execveat":          unix.SYS_EXECVEAT,
	"fcntl":             unix.SYS_FCNTL,
	"flock":             unix.SYS_FLOCK,
	"futex":             unix.SYS_FUTEX,
	"io_cancel":         unix.SYS_IO_CANCEL,
	"io_destroy":        unix.SYS_IO_DESTROY,
	"io_getevents":      unix.SYS_IO_GETEVENTS,
	"io_pgetevents":     unix.SYS_IO_PGETEVENTS,
	"io_setup":          unix.SYS_IO_SETUP,
	"io_submit":         unix.SYS_IO_SUBMIT,
	"io_uring_enter":    unix.SYS_IO_URING_ENTER,
	"io_uring_register": unix.SYS_IO_URING_REGISTER,
	"io_uring_setup":    unix.SYS_IO_URING_SETUP,
	"ioctl":             unix.SYS_IOCTL,
	"listen":            unix.SYS_LISTEN,
	"mmap":              unix.SYS_MMAP,
	"nanosleep":         unix.SYS_NANOSLEEP,
	"pipe2":             unix.SYS_PIPE2,
	"ppoll":             unix.SYS_PPOLL,
	"pread64":           unix.SYS_PREAD64,
	"preadv":            unix.SYS_PREADV,
	"preadv2":           unix.SYS_PREADV2,
	"pselect6":          unix.SYS_PSELECT6,
	"pwrite64":          unix.SYS_PWRITE64,
	"pwritev":           unix.SYS_PWRITEV,
	"pwritev2":          unix.SYS_PWRITEV2,
	"read":              unix.SYS_READ,
	"readv":             unix.SYS_READV,
	"recvfrom":          unix.SYS_RECVFROM,
	"recvmmsg":          unix.SYS_RECVMMSG,
	"recvmsg":           unix.SYS_RECVMSG,
	"restart_syscall":   unix.SYS_RESTART_SYSCALL,
	"semop":             unix.SYS_SEMOP,
	"semtimedop":        unix.SYS_SEMTIMEDOP,
	"sendfile":          unix.SYS_SENDFILE,
	"sendmmsg":          unix.SYS_SENDMMSG,
	"sendmsg":           unix.SYS_SENDMSG,
	"sendto":            unix.SYS_SENDTO,
	"setsockopt":        unix.SYS_SETSOCKOPT,
	"shutdown":          unix.SYS_SHUTDOWN,
	"signalfd4":         unix.SYS_SIGNALFD4,
	"socket":            unix.SYS_SOCKET,
	"socketpair":        unix.SYS_SOCKETPAIR,
	"splice":            unix.SYS_SPLICE,
	"timerfd_create":    unix.SYS_TIMERFD_CREATE,
	"unshare":           unix.SYS_UNSHARE,
	"wait4":             unix.SYS_WAIT4,
	"waitid":            unix.SYS_WAITID,
	"write":             unix.SYS_WRITE,
	"writev":            unix.SYS_WRITEV,
}

// nativeArch is what seccomp and ptrace call this machine's own system call table.
const nativeArch = unix.AUDIT_ARCH_AARCH64

// foreignBit marks the numbers of another table under the same name; arm64 has none.
const foreignBit = 0

// epollEventSize is the size of struct epoll_event, and epollDataAt the place of its data (<sys/epoll.h>).
const (
	epollEventSize = 16
	epollDataAt    = 8
)
