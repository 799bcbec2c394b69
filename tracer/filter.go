//go:build linux && (amd64 || arm64)

package tracer

import (
	"slices"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// Where struct seccomp_data has what (seccomp(2)); the halves of an argument are little-endian on both machines.
const (
	dataNumber   = 0
	dataArch     = 4
	dataArgument = 16 // the lower half of argument 0, each further one 8 bytes on
)

// foreignTable is the SECCOMP_RET_DATA of a call by another table than the native one (32-bit, x32): it is counted, as
// it cannot be decoded.
const foreignTable = 1

// helpers are the calls outside every family that the tracer itself must see: restart_syscall goes on with an
// interrupted call, unshare may give a thread a descriptor table of its own. mmap is the third, see mapsRing.
var helpers = []string{"restart_syscall", "unshare"}

// filter is the program that makes the calls of the families stop and lets every other pass.
func filter(extra []trace.Family) []unix.SockFilter {
	stop := stopping(extra)
	program := []unix.SockFilter{
		load(dataArch),
		jump(unix.BPF_JEQ, nativeArch, 1, 0),
		ret(unix.SECCOMP_RET_TRACE | foreignTable),
		load(dataNumber),
	}
	if foreignBit != 0 {
		program = append(program,
			jump(unix.BPF_JSET, foreignBit, 0, 1),
			ret(unix.SECCOMP_RET_TRACE|foreignTable))
	}
	program = append(program, mapsRing()...)
	for i, number := range stop {
		program = append(program, jump(unix.BPF_JEQ, uint32(number), uint8(len(stop)-i), 0))
	}
	return append(program, ret(unix.SECCOMP_RET_ALLOW), ret(unix.SECCOMP_RET_TRACE))
}

// mapsRing makes mmap of a shared file stop, and no other mmap: where a ring lies in the tracee's memory is the result
// of such a call. Shared mappings of files are few; heaps, stacks and libraries are private or anonymous.
func mapsRing() []unix.SockFilter {
	flags := uint32(dataArgument + 3*8)
	return []unix.SockFilter{
		jump(unix.BPF_JEQ, uint32(numbers["mmap"]), 0, 5),
		load(flags),
		jump(unix.BPF_JSET, unix.MAP_ANONYMOUS, 2, 0),
		jump(unix.BPF_JSET, unix.MAP_SHARED, 0, 1),
		ret(unix.SECCOMP_RET_TRACE),
		ret(unix.SECCOMP_RET_ALLOW),
	}
}

// stopping lists the numbers of the calls that stop, in order.
func stopping(extra []trace.Family) []uint64 {
	var stop []uint64
	for name, number := range numbers {
		family := trace.FamilyOf(name)
		wanted := family != "" && (family != trace.FamilyLock || slices.Contains(extra, family))
		if wanted || slices.Contains(helpers, name) {
			stop = append(stop, number)
		}
	}
	slices.Sort(stop)
	return stop
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func jump(test uint16, k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jt: yes, Jf: no, K: k}
}

func ret(action uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
}
