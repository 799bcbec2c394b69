//go:build linux

package subject

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
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

// traffic has the load's command use the server, to its end. What it has started and left running is ended then, or when the
// exercise is.
func (e *exercise) traffic() error {
	line := e.fill([]string{e.load.Command})[0]
	cmd := exec.CommandContext(e.ctx, "/bin/sh", "-c", line)
	cmd.Env = append(os.Environ(), "IOSPEC_ADDRESS="+e.Address())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = lastWords
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the load: %w", err)
	}
	group := cmd.Process.Pid
	for unix.Waitid(unix.P_PID, group, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	_ = unix.Kill(-group, unix.SIGKILL) // before the shell is reaped: until then the number is nobody else's
	err := cmd.Wait()
	reapGroup(group)
	if err == nil || e.ctx.Err() != nil {
		return e.ctx.Err()
	}
	return &Error{
		Kind: ErrLoad, Detail: fmt.Sprintf("%s: %v", line, err), Err: err,
		Hint:   "it must end by itself, with status 0; {address} and {port} stand for where the server listens",
		Output: said.String(),
	}
}

// reapGroup reaps what was left of a load: it was killed, and has fallen to us, as orphans of servers do.
func reapGroup(group int) {
	for poll := newPoll(sweepTime); ; {
		pid, err := unix.Wait4(-group, nil, unix.WNOHANG, nil)
		if pid <= 0 && err != unix.EINTR && (err != nil || !poll.again()) {
			return
		}
	}
}
