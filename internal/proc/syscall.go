package proc

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Syscall is the system call in which a thread waits, as /proc/PID/task/TID/syscall shows it: proc_pid_syscall(5). To read
// it needs the right to trace the process (PTRACE_MODE_ATTACH_FSCREDS, ptrace(2)), though not ptrace itself.
type Syscall struct {
	Number int64 // InUser: none
	Args   [6]uint64
}

// InUser is the number where there is no call: the thread runs, or waits for something of the kernel's own.
const InUser = -1

// Waiting reads the call in which a thread waits.
func Waiting(pid, tid int) (Syscall, error) {
	text, err := os.ReadFile(path(pid, "task", strconv.Itoa(tid), "syscall"))
	if err != nil {
		return Syscall{Number: InUser}, fmt.Errorf("read a thread's system call: %w", err)
	}
	return ParseSyscall(string(text))
}

// ParseSyscall reads "232 0x5 0x7f… 0x80 0xffffffff 0x0 0x8 SP PC", "-1 SP PC", or "running".
func ParseSyscall(text string) (s Syscall, err error) {
	s.Number = InUser
	fields := strings.Fields(text)
	if len(fields) < 9 {
		if len(fields) == 3 || len(fields) == 1 && fields[0] == "running" {
			return s, nil
		}
		return s, fmt.Errorf("syscall: %q has %d fields", short([]byte(text)), len(fields))
	}
	if s.Number, err = strconv.ParseInt(fields[0], 10, 64); err != nil {
		return s, fmt.Errorf("syscall: number: %w", err)
	}
	for i := range s.Args {
		if s.Args[i], err = strconv.ParseUint(fields[i+1], 0, 64); err != nil {
			return s, fmt.Errorf("syscall: argument %d: %w", i+1, err)
		}
	}
	return s, nil
}

// Peek copies memory of a process: n bytes from that address. It needs the same right as Waiting.
func Peek(pid int, addr uint64, n int) ([]byte, error) {
	f, err := os.Open(path(pid, "mem"))
	if err != nil {
		return nil, fmt.Errorf("look into a process's memory: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	b := make([]byte, n)
	if _, err := f.ReadAt(b, int64(addr)); err != nil {
		return nil, fmt.Errorf("look into a process's memory: %w", err)
	}
	return b, nil
}

// PollFDs reads an array of poll(2): struct pollfd is an int and two shorts.
func PollFDs(b []byte) []Target {
	var all []Target
	for ; len(b) >= 8; b = b[8:] {
		all = append(all, Target{
			FD:     int(int32(binary.NativeEndian.Uint32(b))),
			Events: uint32(binary.NativeEndian.Uint16(b[4:])),
		})
	}
	return all
}

// FDSet reads a set of select(2): a bit for each descriptor, in words of 64.
func FDSet(b []byte, events uint32) []Target {
	var all []Target
	for i := range b {
		// Words are in the machine's order; on the little-endian ones that Linux is built for here, so are their bytes.
		for bit := range 8 {
			if b[i]&(1<<bit) != 0 {
				all = append(all, Target{FD: 8*i + bit, Events: events})
			}
		}
	}
	return all
}
