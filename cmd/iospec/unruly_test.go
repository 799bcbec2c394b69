//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/internal/proc"
)

// TestUnrulyServersLeaveNothing: whatever a server does, and though it has a helper in a session of its own, nothing of it
// runs on, or is stopped, when a command is over; and it is said what became of it.
func TestUnrulyServersLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out servers that are exercised whole")
	}
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skipf("UNSUPPORTED: cc is not installed (apt-get install %s)", gcc)
	}
	for _, c := range []struct {
		does, command string
		status        int
		says          string
	}{
		{"crash", "identify", exitFailed, "killed by aborted, in phase "},
		{"crash", "check", exitFailed, "killed by aborted, in phase "},
		{"daemon", "identify", exitFailed, "went to the background"},
		{"daemon", "check", exitFailed, "went to the background"},
		{"stubborn", "identify", exitKept, "thread-per-connection"},
		{"stubborn", "check", exitKept, "kept"},
		{"hang", "identify", exitFailed, "interrupted"},
		{"hang", "check", exitFailed, "interrupted"},
	} {
		t.Run(c.does+" "+c.command, func(t *testing.T) {
			t.Parallel()
			server := stranger{source: servers + "unruly.c", command: []string{c.does}}.build(t)
			args := []string{c.command, "--protocol", "line"}
			if c.command == "check" {
				args = append(args, "--as", "thread-per-connection")
			}
			if c.does == "hang" {
				args = append(args, "--time-scale", "100") // it is not waited for
			}
			cmd := exec.Command(binary, append(append(args, "--"), server...)...)
			out, err := os.Create(filepath.Join(t.TempDir(), "out"))
			require.NoError(t, err)
			defer out.Close()
			cmd.Stdout, cmd.Stderr = out, out
			require.NoError(t, cmd.Start())
			if c.does == "hang" {
				waitForServer(t, cmd.Process.Pid)
				require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
			}
			_ = cmd.Wait()
			said, err := os.ReadFile(out.Name())
			require.NoError(t, err)
			require.Equal(t, c.status, cmd.ProcessState.ExitCode(), "%s", said)
			require.Contains(t, string(said), c.says)
			require.Eventually(t, func() bool { return len(running(t, server[0])) == 0 }, 10*time.Second, 10*time.Millisecond, "of %s something runs on", server[0])
		})
	}
}

// running lists the processes, alive or stopped, of that program.
func running(t *testing.T, program string) (pids []int) {
	t.Helper()
	all, err := proc.All()
	require.NoError(t, err)
	for _, p := range all {
		if at, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.PID)); err == nil && at == program {
			pids = append(pids, p.PID)
		}
	}
	return pids
}
