package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory is what a process takes, in bytes. What it shares with others is divided among them, so that the parts of a
// family add up.
type Memory struct {
	PSS        int64 // proportional set size: resident pages, each divided by the number of processes that map it
	PageTables int64 // the lowest level of the page tables
}

// ReadMemory reads what a process takes, from smaps_rollup (since Linux 4.14) and status. It may be read of processes
// that one may trace.
func ReadMemory(pid int) (Memory, error) {
	rollup, err := os.ReadFile(path(pid, "smaps_rollup"))
	if err != nil {
		return Memory{}, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	status, err := os.ReadFile(path(pid, "status"))
	if err != nil {
		return Memory{}, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	var m Memory
	if m.PSS, err = kilobytes(rollup, "Pss"); err == nil {
		m.PageTables, err = kilobytes(status, "VmPTE")
	}
	if err != nil {
		return Memory{}, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	return m, nil
}

// Objects is the memory of the whole machine's kernel objects, in bytes. Anybody may change it at any time.
type Objects struct {
	Kept        int64 // what must stay: sockets, open files and much else (SUnreclaim)
	Reclaimable int64 // caches, above all of inodes and directory entries, but also the inodes of sockets (SReclaimable)
}

// KernelObjects reads how much memory the kernel's objects take, from /proc/meminfo.
func KernelObjects() (o Objects, err error) {
	text, err := os.ReadFile("/proc/meminfo")
	if err == nil {
		o.Kept, err = kilobytes(text, "SUnreclaim")
	}
	if err == nil {
		o.Reclaimable, err = kilobytes(text, "SReclaimable")
	}
	if err != nil {
		return Objects{}, fmt.Errorf("read the kernel's memory: %w", err)
	}
	return o, nil
}

// kilobytes finds the line "name: 12 kB" and gives its bytes.
func kilobytes(text []byte, name string) (int64, error) {
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		if key == name {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("there is no %s", name)
}
