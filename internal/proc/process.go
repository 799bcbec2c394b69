package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// State is the one-letter state of a task, as in proc_pid_stat(5).
type State byte

// The states that matter here. Others exist: see proc_pid_stat(5).
const (
	Running  State = 'R'
	Sleeping State = 'S' // waiting, and a signal ends it
	Disk     State = 'D' // waiting, and no signal ends it
	Stopped  State = 'T'
	Traced   State = 't' // stopped by its tracer
	Zombie   State = 'Z' // ended, and nobody has waited for it
	Dead     State = 'X'
)

func (s State) String() string { return string(rune(s)) }

// Alive reports whether a task in this state can still run.
func (s State) Alive() bool { return s != Zombie && s != Dead }

// Process is one line of /proc/PID/stat. PID and Started together name one process for ever: a number comes back, the
// pair does not.
type Process struct {
	PID     int
	Comm    string // the program's name, cut to 15 bytes; it may hold any byte
	State   State
	Parent  int
	Group   int
	Session int
	Threads int
	CPU     uint64 // clock ticks spent in user and kernel mode (a tick is 10 ms)
	Started uint64 // clock ticks after boot
	RSS     int64  // resident memory in bytes
}

// Alive reports whether the process can still run. Its first thread may have ended before the others: then the state is
// Zombie though the process lives.
func (p Process) Alive() bool { return p.State.Alive() || p.Threads > 1 }

// ParseStat reads /proc/PID/stat, or /proc/PID/task/TID/stat. The name stands between the first "(" and the last ")",
// because it may itself hold either, and spaces and newlines too.
func ParseStat(stat []byte) (Process, error) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return Process{}, fmt.Errorf("stat without a name in parentheses: %q", short(stat))
	}
	fields := strings.Fields(string(stat[end+1:]))
	const rss = 24 - 3 // proc_pid_stat(5) counts from 1, and the state, field 3, is our first
	if len(fields) <= rss {
		return Process{}, fmt.Errorf("stat with %d fields after the name, at least %d expected: %q", len(fields), rss+1, short(stat))
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(stat[:open])))
	if err != nil {
		return Process{}, fmt.Errorf("stat: process number: %w", err)
	}
	n := numbers{fields: fields}
	p := Process{
		PID:     pid,
		Comm:    string(stat[open+1 : end]),
		State:   State(fields[0][0]),
		Parent:  int(n.at(4)),
		Group:   int(n.at(5)),
		Session: int(n.at(6)),
		CPU:     uint64(n.at(14) + n.at(15)),
		Threads: int(n.at(20)),
		Started: uint64(n.at(22)),
		RSS:     n.at(24) * int64(os.Getpagesize()),
	}
	if n.err != nil {
		return Process{}, fmt.Errorf("stat: %w", n.err)
	}
	return p, nil
}

// numbers reads numeric fields by the number that proc_pid_stat(5) gives them, and keeps the first error.
type numbers struct {
	fields []string
	err    error
}

func (n *numbers) at(field int) int64 {
	v, err := strconv.ParseInt(n.fields[field-3], 10, 64)
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("field %d: %w", field, err)
	}
	return v
}

// short cuts what an error message quotes.
func short(b []byte) []byte { return b[:min(len(b), 80)] }

// Read reads one process. The error satisfies Gone when there is none with this number.
func Read(pid int) (Process, error) {
	stat, err := os.ReadFile(path(pid, "stat"))
	if err != nil {
		return Process{}, fmt.Errorf("read a process: %w", err)
	}
	return ParseStat(stat)
}

// All reads every process that this user may see. One that ends meanwhile is left out.
func All() ([]Process, error) {
	pids, err := numbered("/proc")
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	all := make([]Process, 0, len(pids))
	for _, pid := range pids {
		p, err := Read(pid)
		if Gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Descendants picks, from a list of processes, the children of root, their children, and so on. The root itself is not
// among them. A process whose parent ended belongs to init or to the nearest subreaper, so it is no descendant any more.
func Descendants(all []Process, root int) []Process {
	children := map[int][]Process{}
	for _, p := range all {
		if p.PID != root && p.PID != p.Parent {
			children[p.Parent] = append(children[p.Parent], p)
		}
	}
	var found []Process
	seen := map[int]bool{root: true}
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		for _, p := range children[todo[0]] {
			if !seen[p.PID] {
				seen[p.PID] = true
				found = append(found, p)
				todo = append(todo, p.PID)
			}
		}
	}
	return found
}

// Environ reads the environment with which the process's program was started. The program may have overwritten it.
func Environ(pid int) ([]string, error) {
	env, err := os.ReadFile(path(pid, "environ"))
	if err != nil {
		return nil, fmt.Errorf("read a process's environment: %w", err)
	}
	return strings.Split(strings.TrimRight(string(env), "\x00"), "\x00"), nil
}

// Gone reports whether the error says that the process or thread has ended.
func Gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// path gives a file under /proc/PID.
func path(pid int, elem ...string) string {
	return filepath.Join(append([]string{"/proc", strconv.Itoa(pid)}, elem...)...)
}

// numbered lists the entries of a directory whose names are numbers.
func numbered(dir string) ([]int, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // only read
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var ns []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			ns = append(ns, n)
		}
	}
	return ns, nil
}
