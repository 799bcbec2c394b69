package proc

import (
	"fmt"
	"os"
	"strings"
)

// Status is what /proc/TID/status says beyond stat.
type Status struct {
	Tracer int // the thread, not the process, that traces this one (task_state in fs/proc/array.c); 0 for none
	UID    int // the user whose rights it has: the effective one

	// Ended says that it has no memory any more: it is ending, or waits for its parent. Then root owns what /proc shows of it,
	// as if it might not be dumped (task_dump_owner in fs/proc/base.c).
	Ended bool
}

// ReadStatus reads the status of a process or thread, which is refused to nobody. The error satisfies Gone when there is none.
func ReadStatus(tid int) (Status, error) {
	content, err := os.ReadFile(path(tid, "status"))
	if err != nil {
		return Status{}, fmt.Errorf("read a status: %w", err)
	}
	return parseStatus(string(content))
}

// parseStatus reads proc_pid_status(5). Lines that it does not know are passed over.
func parseStatus(content string) (s Status, err error) {
	s.Ended = true
	for line := range strings.Lines(content) {
		var realID int
		switch key, value, _ := strings.Cut(line, ":"); key {
		case "TracerPid":
			_, err = fmt.Sscan(value, &s.Tracer)
		case "Uid":
			_, err = fmt.Sscan(value, &realID, &s.UID)
		case "VmSize":
			s.Ended = false
		}
		if err != nil {
			return Status{}, fmt.Errorf("status, %q: %w", strings.TrimSpace(line), err)
		}
	}
	return s, nil
}
