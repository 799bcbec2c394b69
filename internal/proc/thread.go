package proc

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Thread is what one thread of a process is doing.
type Thread struct {
	Process        // its own stat: PID is the thread's number, Comm its own name
	Wchan   string // the kernel function in which it waits, "" when it runs or when this may not be read
}

// Threads reads the threads of a process, in the order of their numbers.
func Threads(pid int) ([]Thread, error) {
	tids, err := numbered(path(pid, "task"))
	if err != nil {
		return nil, fmt.Errorf("list the threads of process %d: %w", pid, err)
	}
	slices.Sort(tids)
	var threads []Thread
	for _, tid := range tids {
		stat, err := os.ReadFile(path(pid, "task", strconv.Itoa(tid), "stat"))
		if Gone(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a thread: %w", err)
		}
		p, err := ParseStat(stat)
		if err != nil {
			return nil, err
		}
		threads = append(threads, Thread{Process: p, Wchan: wchan(pid, tid)})
	}
	return threads, nil
}

// wchan needs the right to trace the process, and says "0" for a task that runs.
func wchan(pid, tid int) string {
	w, err := os.ReadFile(path(pid, "task", strconv.Itoa(tid), "wchan"))
	if err != nil || string(w) == "0" {
		return ""
	}
	return string(w)
}

// String says it in a line: "4711 redis-server S do_epoll_wait".
func (t Thread) String() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s %s %s", t.PID, t.Comm, t.State, t.Wchan))
}
