//go:build linux && (amd64 || arm64)

package tracer

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// The functions here turn bytes, as they lie in a tracee's memory, into values. They make no system call, and take any
// bytes whatever: too few give less, never a panic. Both machines are little-endian.
var le = binary.LittleEndian

// sockaddr decodes a socket address as the recording writes it: "127.0.0.1:80", "[::1]:80", a path, "@abstract", or ""
// when it has no name or a family without a notation here. IPv4-mapped IPv6 is written as IPv4.
func sockaddr(b []byte) string {
	if len(b) < 2 {
		return ""
	}
	switch le.Uint16(b) {
	case unix.AF_INET:
		if len(b) >= 8 {
			return hostPort(netip.AddrFrom4([4]byte(b[4:8])), b)
		}
	case unix.AF_INET6:
		if len(b) >= 24 {
			return hostPort(netip.AddrFrom16([16]byte(b[8:24])).Unmap(), b)
		}
	case unix.AF_UNIX:
		return unixName(b[2:])
	}
	return ""
}

func hostPort(addr netip.Addr, b []byte) string {
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(b[2:])).String()
}

// unixName reads sun_path: up to a zero byte, or, when it begins with one, the whole as an abstract name (unix(7)).
func unixName(path []byte) string {
	if len(path) == 0 {
		return ""
	}
	if path[0] == 0 {
		if len(path) == 1 {
			return ""
		}
		return "@" + string(path[1:])
	}
	name, _, _ := strings.Cut(string(path), "\x00")
	return name
}

// epollEvents decodes an array of struct epoll_event.
func epollEvents(b []byte) []trace.Event {
	events := make([]trace.Event, len(b)/epollEventSize)
	for i := range events {
		e := b[i*epollEventSize:]
		events[i] = trace.Event{Events: le.Uint32(e), Data: le.Uint64(e[epollDataAt:])}
	}
	return events
}

const pollfdSize = 8

// pollfds decodes an array of struct pollfd.
func pollfds(b []byte) []trace.PollFD {
	fds := make([]trace.PollFD, len(b)/pollfdSize)
	for i := range fds {
		e := b[i*pollfdSize:]
		fds[i] = trace.PollFD{
			FD: int(int32(le.Uint32(e))), Events: uint32(le.Uint16(e[4:])), Revents: uint32(le.Uint16(e[6:])),
		}
	}
	return fds
}

// selectBits are the poll events that stand for the three sets of select, in the order of its arguments.
var selectBits = [3]uint32{trace.In, trace.Out, trace.Pri}

// selectFDs lists the descriptors below nfds that are in at least one of the sets, each set being words of 64 bits.
func selectFDs(sets [3][]byte, nfds int) []trace.PollFD {
	var fds []trace.PollFD
	for base := 0; base < nfds; base += 64 {
		var words [3]uint64
		for i, set := range sets {
			words[i] = word(set, base)
		}
		for all := words[0] | words[1] | words[2]; all != 0; all &= all - 1 {
			bit := bits.TrailingZeros64(all)
			if base+bit >= nfds {
				break
			}
			entry := trace.PollFD{FD: base + bit}
			for i, w := range words {
				if w>>bit&1 != 0 {
					entry.Events |= selectBits[i]
				}
			}
			fds = append(fds, entry)
		}
	}
	return fds
}

// selectResult notes in fds which bits one set, as it came back, still has.
func selectResult(fds []trace.PollFD, set []byte, which uint32) {
	for i := range fds {
		if word(set, fds[i].FD)>>(uint(fds[i].FD)%64)&1 != 0 {
			fds[i].Revents |= which
		}
	}
}

// word gives the 64 bits of a set that hold descriptor fd.
func word(set []byte, fd int) uint64 {
	at := fd / 64 * 8
	if fd < 0 || at+8 > len(set) {
		return 0
	}
	return le.Uint64(set[at:])
}

// setSize is the size of an fd_set for nfds descriptors, as the kernel counts it: whole words.
func setSize(nfds int) int { return (nfds + 63) / 64 * 8 }

const iovecSize = 16

// iovecBytes sums the lengths of an array of struct iovec.
func iovecBytes(b []byte) int64 {
	var sum uint64
	for ; len(b) >= iovecSize; b = b[iovecSize:] {
		sum += le.Uint64(b[8:])
	}
	return int64(min(sum, math.MaxInt64))
}

// msghdr is what matters here of struct msghdr.
type msghdr struct {
	name, iov, control       uint64
	nameLen, iovLen, ctrlLen uint64
}

const (
	msghdrSize  = 56
	mmsghdrSize = 64 // a msghdr, the number of bytes, padding
)

func decodeMsghdr(b []byte) (msghdr, bool) {
	if len(b) < msghdrSize {
		return msghdr{}, false
	}
	return msghdr{
		name: le.Uint64(b), nameLen: uint64(le.Uint32(b[8:])),
		iov: le.Uint64(b[16:]), iovLen: le.Uint64(b[24:]),
		control: le.Uint64(b[32:]), ctrlLen: le.Uint64(b[40:]),
	}, true
}

const cmsgHeader = 16

// rights lists the descriptors in a control buffer: the SCM_RIGHTS of unix(7), in cmsg(3)'s layout.
func rights(b []byte) []int {
	var fds []int
	for len(b) >= cmsgHeader {
		size := le.Uint64(b)
		if size < cmsgHeader || size > uint64(len(b)) {
			break
		}
		if le.Uint32(b[8:]) == unix.SOL_SOCKET && le.Uint32(b[12:]) == unix.SCM_RIGHTS {
			for data := b[cmsgHeader:size]; len(data) >= 4; data = data[4:] {
				fds = append(fds, int(int32(le.Uint32(data))))
			}
		}
		next := (size + 7) &^ 7
		if next > uint64(len(b)) {
			break
		}
		b = b[next:]
	}
	return fds
}

// forever is the timeout of a wait without one.
const forever trace.Time = -1

// timespec and timeval decode a span of time; the largest that fits stands for any larger one.
func timespec(b []byte) trace.Time { return span(b, time.Nanosecond) }
func timeval(b []byte) trace.Time  { return span(b, time.Microsecond) }

func span(b []byte, unit time.Duration) trace.Time {
	if len(b) < 16 {
		return 0
	}
	seconds, part := int64(le.Uint64(b)), int64(le.Uint64(b[8:]))
	if seconds < 0 || part < 0 {
		return 0 // the kernel will refuse it
	}
	if seconds >= math.MaxInt64/int64(time.Second)-1 || part > math.MaxInt64/int64(unit)/2 {
		return math.MaxInt64
	}
	total := uint64(seconds)*uint64(time.Second) + uint64(part)*uint64(unit)
	return trace.Time(min(total, math.MaxInt64))
}

// milliseconds is poll's and epoll_wait's timeout: below zero is for ever.
func milliseconds(arg uint64) trace.Time {
	ms := int32(arg)
	if ms < 0 {
		return forever
	}
	return trace.Time(ms) * trace.Time(time.Millisecond)
}

// flagsOctal finds the flags line of /proc/PID/fdinfo/FD (proc_pid_fdinfo(5)).
func flagsOctal(fdinfo []byte) (flags uint64, ok bool) {
	text, ok := fdinfoField(fdinfo, "flags:")
	if !ok {
		return 0, false
	}
	flags, err := strconv.ParseUint(text, 8, 64)
	return flags, err == nil
}

// fdinfoField gives what stands behind a label at the beginning of a line.
func fdinfoField(fdinfo []byte, label string) (string, bool) {
	for line := range strings.Lines(string(fdinfo)) {
		if value, ok := strings.CutPrefix(line, label); ok {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}
