//go:build linux && (amd64 || arm64)

package tracer

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// The names of options, as the man pages have them. What is not listed is written by number.

var fcntlNames = map[uint64]string{
	unix.F_DUPFD: "F_DUPFD", unix.F_DUPFD_CLOEXEC: "F_DUPFD_CLOEXEC", unix.F_DUPFD_QUERY: "F_DUPFD_QUERY",
	unix.F_GETFD: "F_GETFD", unix.F_SETFD: "F_SETFD", unix.F_GETFL: "F_GETFL", unix.F_SETFL: "F_SETFL",
	unix.F_GETLK: "F_GETLK", unix.F_SETLK: "F_SETLK", unix.F_SETLKW: "F_SETLKW",
	unix.F_OFD_GETLK: "F_OFD_GETLK", unix.F_OFD_SETLK: "F_OFD_SETLK", unix.F_OFD_SETLKW: "F_OFD_SETLKW",
	unix.F_SETOWN: "F_SETOWN", unix.F_GETOWN: "F_GETOWN", unix.F_SETSIG: "F_SETSIG", unix.F_GETSIG: "F_GETSIG",
	unix.F_SETOWN_EX: "F_SETOWN_EX", unix.F_GETOWN_EX: "F_GETOWN_EX",
	unix.F_GETPIPE_SZ: "F_GETPIPE_SZ", unix.F_SETPIPE_SZ: "F_SETPIPE_SZ",
}

// The ioctl requests of <asm-generic/ioctls.h> that concern descriptors of every kind.
const (
	fionread = 0x541B
	fionbio  = 0x5421
	fionclex = 0x5450
	fioclex  = 0x5451
	fioasync = 0x5452
)

var ioctlNames = map[uint64]string{
	fionread: "FIONREAD", fionbio: "FIONBIO", fionclex: "FIONCLEX", fioclex: "FIOCLEX", fioasync: "FIOASYNC",
}

// An option of setsockopt is known by its level and its number.
type option struct{ level, name int }

var sockoptNames = map[option]string{
	{unix.SOL_SOCKET, unix.SO_REUSEADDR}:        "SO_REUSEADDR",
	{unix.SOL_SOCKET, unix.SO_REUSEPORT}:        "SO_REUSEPORT",
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE}:        "SO_KEEPALIVE",
	{unix.SOL_SOCKET, unix.SO_LINGER}:           "SO_LINGER",
	{unix.SOL_SOCKET, unix.SO_SNDBUF}:           "SO_SNDBUF",
	{unix.SOL_SOCKET, unix.SO_RCVBUF}:           "SO_RCVBUF",
	{unix.SOL_SOCKET, unix.SO_SNDBUFFORCE}:      "SO_SNDBUFFORCE",
	{unix.SOL_SOCKET, unix.SO_RCVBUFFORCE}:      "SO_RCVBUFFORCE",
	{unix.SOL_SOCKET, unix.SO_RCVLOWAT}:         "SO_RCVLOWAT",
	{unix.SOL_SOCKET, unix.SO_RCVTIMEO}:         "SO_RCVTIMEO",
	{unix.SOL_SOCKET, unix.SO_SNDTIMEO}:         "SO_SNDTIMEO",
	{unix.SOL_SOCKET, unix.SO_BROADCAST}:        "SO_BROADCAST",
	{unix.SOL_SOCKET, unix.SO_PASSCRED}:         "SO_PASSCRED",
	{unix.SOL_SOCKET, unix.SO_PRIORITY}:         "SO_PRIORITY",
	{unix.SOL_SOCKET, unix.SO_MARK}:             "SO_MARK",
	{unix.SOL_SOCKET, unix.SO_TIMESTAMP}:        "SO_TIMESTAMP",
	{unix.SOL_SOCKET, unix.SO_BUSY_POLL}:        "SO_BUSY_POLL",
	{unix.SOL_SOCKET, unix.SO_INCOMING_CPU}:     "SO_INCOMING_CPU",
	{unix.SOL_SOCKET, unix.SO_ZEROCOPY}:         "SO_ZEROCOPY",
	{unix.SOL_SOCKET, unix.SO_ATTACH_BPF}:       "SO_ATTACH_BPF",
	{unix.SOL_SOCKET, unix.SO_ATTACH_FILTER}:    "SO_ATTACH_FILTER",
	{unix.SOL_SOCKET, unix.SO_BINDTODEVICE}:     "SO_BINDTODEVICE",
	{unix.IPPROTO_TCP, unix.TCP_NODELAY}:        "TCP_NODELAY",
	{unix.IPPROTO_TCP, unix.TCP_CORK}:           "TCP_CORK",
	{unix.IPPROTO_TCP, unix.TCP_QUICKACK}:       "TCP_QUICKACK",
	{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT}:   "TCP_DEFER_ACCEPT",
	{unix.IPPROTO_TCP, unix.TCP_FASTOPEN}:       "TCP_FASTOPEN",
	{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}:       "TCP_KEEPIDLE",
	{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL}:      "TCP_KEEPINTVL",
	{unix.IPPROTO_TCP, unix.TCP_KEEPCNT}:        "TCP_KEEPCNT",
	{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT}:   "TCP_USER_TIMEOUT",
	{unix.IPPROTO_TCP, unix.TCP_MAXSEG}:         "TCP_MAXSEG",
	{unix.IPPROTO_TCP, unix.TCP_CONGESTION}:     "TCP_CONGESTION",
	{unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT}:  "TCP_NOTSENT_LOWAT",
	{unix.IPPROTO_TCP, unix.TCP_LINGER2}:        "TCP_LINGER2",
	{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY}:       "IPV6_V6ONLY",
	{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO}:  "IPV6_RECVPKTINFO",
	{unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS}: "IPV6_UNICAST_HOPS",
	{unix.IPPROTO_IP, unix.IP_TOS}:              "IP_TOS",
	{unix.IPPROTO_IP, unix.IP_TTL}:              "IP_TTL",
	{unix.IPPROTO_IP, unix.IP_PKTINFO}:          "IP_PKTINFO",
	{unix.IPPROTO_IP, unix.IP_TRANSPARENT}:      "IP_TRANSPARENT",
	{unix.IPPROTO_IP, unix.IP_FREEBIND}:         "IP_FREEBIND",

	{unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT}: "IP_BIND_ADDRESS_NO_PORT",
}

// sockoptName is "SO_REUSEPORT", or "LEVEL:NUMBER".
func sockoptName(level, name int) string {
	if s, ok := sockoptNames[option{level, name}]; ok {
		return s
	}
	return fmt.Sprintf("%d:%d", level, name)
}

var shutdownNames = map[uint64]string{unix.SHUT_RD: "SHUT_RD", unix.SHUT_WR: "SHUT_WR", unix.SHUT_RDWR: "SHUT_RDWR"}

var flockNames = map[uint64]string{unix.LOCK_SH: "LOCK_SH", unix.LOCK_EX: "LOCK_EX", unix.LOCK_UN: "LOCK_UN"}

var epollOps = map[uint64]string{unix.EPOLL_CTL_ADD: "ADD", unix.EPOLL_CTL_DEL: "DEL", unix.EPOLL_CTL_MOD: "MOD"}

// futexNames are futex(2)'s operations, by number.
var futexNames = [...]string{
	"FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_FD", "FUTEX_REQUEUE", "FUTEX_CMP_REQUEUE", "FUTEX_WAKE_OP", "FUTEX_LOCK_PI",
	"FUTEX_UNLOCK_PI", "FUTEX_TRYLOCK_PI", "FUTEX_WAIT_BITSET", "FUTEX_WAKE_BITSET", "FUTEX_WAIT_REQUEUE_PI",
	"FUTEX_CMP_REQUEUE_PI", "FUTEX_LOCK_PI2",
}

// futexCommand takes FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME off an operation.
const futexCommand = 127

var domainNames = map[int]string{
	unix.AF_UNIX: "unix", unix.AF_INET: "inet", unix.AF_INET6: "inet6", unix.AF_NETLINK: "netlink", unix.AF_PACKET: "packet",
	unix.AF_VSOCK: "vsock", unix.AF_ALG: "alg",
}

var typeNames = map[int]string{
	unix.SOCK_STREAM: "stream", unix.SOCK_DGRAM: "dgram", unix.SOCK_RAW: "raw", unix.SOCK_SEQPACKET: "seqpacket",
}

// nameOf looks a number up, and writes it as a number when it has no name here.
func nameOf[N int | uint64](names map[N]string, number N) string {
	if s, ok := names[number]; ok {
		return s
	}
	return fmt.Sprintf("%#x", number)
}
