//go:build linux && (amd64 || arm64)

package tracer

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memory reads tracees' memory, into buffers that are used again and again. What read returns is valid until the next
// read. An address that cannot be read gives nil: the field of the record stays empty, as the kernel will say EFAULT.
type memory struct {
	stop stopInfo
	buf  []byte
}

// mostRead bounds one read. The largest thing read whole is a poll array, of 8 bytes per descriptor.
const mostRead = 8 << 20

// read gets size bytes, all or none.
func (m *memory) read(tid int, addr uint64, size int) []byte {
	b := m.readSome(tid, addr, size)
	if len(b) != size {
		return nil
	}
	return b
}

// readSome gets up to size bytes: as many as can be read from the address on.
func (m *memory) readSome(tid int, addr uint64, size int) []byte {
	if addr == 0 || size <= 0 || size > mostRead {
		return nil
	}
	if cap(m.buf) < size {
		m.buf = make([]byte, max(size, 4096))
	}
	b := m.buf[:size]
	return b[:readInto(tid, addr, b)]
}

// readInto fills b, which is not empty, and says how far it came (process_vm_readv(2)).
func readInto(tid int, addr uint64, b []byte) int {
	local := unix.Iovec{Base: &b[0], Len: uint64(len(b))}
	remote := unix.RemoteIovec{Base: uintptr(addr), Len: len(b)}
	n, _, errno := unix.RawSyscall6(unix.SYS_PROCESS_VM_READV, uintptr(tid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&remote)), 1, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// uint32 and uint64 read one number.
func (m *memory) uint32(tid int, addr uint64) (uint32, bool) {
	b := m.read(tid, addr, 4)
	if b == nil {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b), true
}

func (m *memory) uint64(tid int, addr uint64) (uint64, bool) {
	b := m.read(tid, addr, 8)
	if b == nil {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}
