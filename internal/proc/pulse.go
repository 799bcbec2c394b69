package proc

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// Pulse is what /proc/PID/task/TID/status says of a thread's sleep: everybody may read it.
type Pulse struct {
	TID    int
	State  State
	Slept  uint64 // how many times it gave its processor up to wait for something: voluntary_ctxt_switches
	Forced uint64 // how many times it was taken away: nonvoluntary_ctxt_switches
}

// Transfer is what a thread has read and written so far by calls that go through its files, in bytes: those of read(2) and
// write(2) and their kin, on sockets as well; not those of recv(2) and send(2), proc_pid_io(5). To read it needs
// PTRACE_MODE_READ_FSCREDS, ptrace(2), and a kernel that accounts for it (CONFIG_TASK_XACCT).
type Transfer struct{ Read, Written uint64 }

// Transferred reads that of a thread.
func Transferred(pid, tid int) (Transfer, error) {
	text, err := os.ReadFile(path(pid, "task", strconv.Itoa(tid), "io"))
	if err != nil {
		return Transfer{}, fmt.Errorf("read what a thread has read and written: %w", err)
	}
	return ParseTransfer(text)
}

// ParseTransfer reads /proc/PID/task/TID/io.
func ParseTransfer(text []byte) (t Transfer, err error) {
	for line := range bytes.Lines(text) {
		key, value, _ := bytes.Cut(line, []byte(":"))
		var into *uint64
		switch string(key) {
		case "rchar":
			into = &t.Read
		case "wchar":
			into = &t.Written
		default:
			continue
		}
		if *into, err = strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 64); err != nil {
			return t, fmt.Errorf("io, %s: %w", key, err)
		}
	}
	return t, nil
}

// Pulses reads those of all threads of a process, in the order of their numbers.
func Pulses(pid int) ([]Pulse, error) {
	tids, err := numbered(path(pid, "task"))
	if err != nil {
		return nil, fmt.Errorf("list the threads of process %d: %w", pid, err)
	}
	slices.Sort(tids)
	var all []Pulse
	for _, tid := range tids {
		status, err := os.ReadFile(path(pid, "task", strconv.Itoa(tid), "status"))
		if Gone(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a thread's switches: %w", err)
		}
		p, err := ParsePulse(status)
		if err != nil {
			return nil, fmt.Errorf("thread %d: %w", tid, err)
		}
		p.TID = tid
		all = append(all, p)
	}
	return all, nil
}

// ParsePulse reads the lines of /proc/PID/status that tell of sleep, proc_pid_status(5).
func ParsePulse(status []byte) (p Pulse, err error) {
	for line := range bytes.Lines(status) {
		key, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch string(key) {
		case "State":
			if len(value) > 0 {
				p.State = State(value[0])
			}
		case "voluntary_ctxt_switches":
			p.Slept, err = strconv.ParseUint(string(value), 10, 64)
		case "nonvoluntary_ctxt_switches":
			p.Forced, err = strconv.ParseUint(string(value), 10, 64)
		}
		if err != nil {
			return p, fmt.Errorf("status, %s: %w", key, err)
		}
	}
	if p.State == 0 {
		return p, fmt.Errorf("status without a state: %q", short(status))
	}
	return p, nil
}
