//go:build linux

package wine

import (
	"encoding/binary"
)

// forwarder is a DLL for Windows on x86-64 that holds no code: it exports one function, and says that this is a function of
// another DLL ("dll.function"). The Go runtime needs bcryptprimitives.dll for random numbers, which Wine has since version
// 9 (runtime/os_windows.go); the same numbers come from a function that it had before.
//
// The layout is that of the PE format: a header for DOS, one for the file, an optional one, which is not optional, one for
// each section, here one; and the section, which begins with the export directory.
func forwarder(dll, function, to string) []byte {
	section := exports(dll, function, to)
	const (
		sections  = 1
		dataFile  = 0x0200 // where the section is in the file
		imageBase = 0x180000000
		readable  = 0x40000040 // and initialised
	)
	var h header
	h.text("MZ").zero(58).u32(64).text("PE\x00\x00")
	h.u16(0x8664, sections).u32(0, 0, 0).u16(112+16*8, 0x2022)    // x86-64; executable, large addresses, a DLL
	h.u16(0x20b, 0).u32(0, uint32(len(section)), 0, 0, sectionAt) // PE32+; no entry point
	h.u64(imageBase).u32(sectionAt, fileAlignment).u16(6, 0, 0, 0, 6, 0).u32(0)
	h.u32(2*sectionAt, dataFile, 0).u16(3, 0x0140).u64(1<<20, 1<<12, 1<<20, 1<<12).u32(0, 16)
	h.u32(sectionAt, uint32(len(section))).zero(15 * 8) // the first directory is that of the exports, the others are empty
	h.text(".edata\x00\x00").u32(uint32(len(section)), sectionAt, uint32(len(section)), dataFile, 0, 0, 0, readable)
	return append(h.zero(dataFile-len(h.bytes)).bytes, section...)
}

const (
	sectionAt     = 0x1000 // where the section is in memory
	fileAlignment = 0x0200
)

// exports is the export directory, three tables of one entry each, and the names. Where a function is said to be inside the
// directory, there is the name of another.
func exports(dll, function, to string) []byte {
	const directory, tables = 40, 12
	names := uint32(sectionAt + directory + tables)
	after := func(text string) uint32 { return uint32(len(text)) + 1 }
	functionAt := names + after(dll)
	toAt := functionAt + after(function)
	var s header
	s.u32(0, 0, 0, names, 1, 1, 1) // no flags, no time, no version; the ordinals begin with 1; one function, one name
	s.u32(sectionAt+directory, sectionAt+directory+4, sectionAt+directory+8)
	s.u32(toAt, functionAt).u16(0, 0)
	s.text(dll + "\x00" + function + "\x00" + to + "\x00")
	return s.zero(-len(s.bytes) & (fileAlignment - 1)).bytes
}

// A header is written field by field.
type header struct{ bytes []byte }

func (h *header) text(s string) *header { h.bytes = append(h.bytes, s...); return h }
func (h *header) zero(n int) *header    { h.bytes = append(h.bytes, make([]byte, n)...); return h }

func (h *header) u16(all ...uint16) *header {
	for _, v := range all {
		h.bytes = binary.LittleEndian.AppendUint16(h.bytes, v)
	}
	return h
}

func (h *header) u32(all ...uint32) *header {
	for _, v := range all {
		h.bytes = binary.LittleEndian.AppendUint32(h.bytes, v)
	}
	return h
}

func (h *header) u64(all ...uint64) *header {
	for _, v := range all {
		h.bytes = binary.LittleEndian.AppendUint64(h.bytes, v)
	}
	return h
}
