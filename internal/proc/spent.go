package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Spent gives the CPU time of each thread of a process, by the thread's number: the kernel's own account, in nanoseconds
// (/proc/PID/task/TID/schedstat, its first word; Documentation/scheduler/sched-stats.rst), where stat counts ticks. Of a
// thread that runs just now it is some milliseconds old. A kernel without CONFIG_SCHED_INFO tells of none.
func Spent(pid int) (map[int]time.Duration, error) {
	tids, err := numbered(path(pid, "task"))
	if err != nil {
		return nil, fmt.Errorf("list the threads of process %d: %w", pid, err)
	}
	spent := map[int]time.Duration{}
	for _, tid := range tids {
		ns, err := SpentBy(pid, tid)
		if Gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		spent[tid] = ns
	}
	return spent, nil
}

// SpentBy gives the CPU time of one thread.
func SpentBy(pid, tid int) (time.Duration, error) {
	text, err := os.ReadFile(path(pid, "task", strconv.Itoa(tid), "schedstat"))
	if err != nil {
		return 0, fmt.Errorf("CPU time of thread %d: %w", tid, err)
	}
	first, _, _ := strings.Cut(string(text), " ")
	ns, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("CPU time of thread %d: %w", tid, err)
	}
	return time.Duration(ns), nil
}

// Sleeps tells how often the threads of a process that live have gone to sleep so far, waiting for something
// (voluntary_ctxt_switches of proc_pid_status(5)).
func Sleeps(pid int) (sum int, err error) {
	all, err := Pulses(pid)
	if err != nil {
		return 0, fmt.Errorf("how often process %d slept: %w", pid, err)
	}
	for _, p := range all {
		sum += int(p.Slept)
	}
	return sum, nil
}
