//go:build linux

package subject

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// silentPhases are those of an exercise in which nobody says a word. Clients come, stay until the server has accepted them,
// and go.
func (e *exercise) silentPhases() []phase {
	return []phase{
		{"held", func() error { e.visit("held", e.load.Held); return nil }},
		{"burst", func() error { e.visit("burst", e.load.Burst); return nil }},
		{"short", func() error {
			for range e.load.Short {
				e.visit("short", 1)
			}
			return nil
		}},
		{"quiet", e.quiet},
	}
}

// visit lets clients come, and go when the server has them. One that serves so many at once and no more has fewer.
func (e *exercise) visit(role string, n int) {
	var here []*client
	for range n {
		here = append(here, e.open(role, 0))
	}
	for poll := newPoll(e.patience.now); !e.accepted(here) && poll.again(); {
	}
	for _, c := range here {
		c.close(false)
	}
}

func (e *exercise) accepted(clients []*client) bool {
	for _, c := range clients {
		if c.conn != nil && !c.kept() {
			return false
		}
	}
	return true
}

// lastWords is how long a load's output is waited for when it has been ended.
const lastWords = time.Second

// traffic has the load's command use the server, to its end. It is ended with all that it has started when the exercise is.
func (e *exercise) traffic() error {
	line := e.fill([]string{e.load.Command})[0]
	cmd := exec.CommandContext(e.ctx, "/bin/sh", "-c", line)
	cmd.Env = append(os.Environ(), "IOSPEC_ADDRESS="+e.Address())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = lastWords
	out, err := cmd.CombinedOutput()
	if err == nil || e.ctx.Err() != nil {
		return e.ctx.Err()
	}
	return &Error{
		Kind: ErrLoad, Detail: fmt.Sprintf("%s: %v", line, err), Err: err,
		Hint:   "it must end by itself, with status 0; {address} and {port} stand for where the server listens",
		Output: strings.TrimSpace(string(out)),
	}
}
