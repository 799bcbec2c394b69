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
		text, err := os.ReadFile(path(pid, "task", strconv.Itoa(tid), "schedstat"))
		if Gone(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("CPU time of thread %d: %w", tid, err)
		}
		first, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("CPU time of thread %d: %w", tid, err)
		}
		spent[tid] = time.Duration(ns)
	}
	return spent, nil
}

// Sleeps tells how often the threads of a process that live have gone to sleep so far, waiting for something
// (voluntary_ctxt_switches of proc_pid_status(5)).
func Sleeps(pid int) (sum int, err error) {
	tids, err := numbered(path(pid, "task"))
	if err != nil {
		return 0, fmt.Errorf("list the threads of process %d: %w", pid, err)
	}
	for _, tid := range tids {
		text, err := os.ReadFile(path(pid, "task", strconv.Itoa(tid), "status"))
		if Gone(err) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("how often thread %d slept: %w", tid, err)
		}
		_, value, _ := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
		value, _, _ = strings.Cut(value, "\n")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return 0, fmt.Errorf("how often thread %d slept: %w", tid, err)
		}
		sum += n
	}
	return sum, nil
}
