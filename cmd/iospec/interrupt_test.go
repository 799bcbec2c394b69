//go:build linux

package main

import (
	"bytes"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/internal/proc"
)

// TestNothingIsLeftBehind interrupts a check in its midst, and kills another one that cannot say goodbye. In both cases
// the server under test, which is traced and may be stopped at that moment, must be gone.
func TestNothingIsLeftBehind(t *testing.T) {
	for _, c := range []struct {
		name   string
		signal syscall.Signal
	}{{"interrupted", syscall.SIGINT}, {"terminated", syscall.SIGTERM}, {"killed", syscall.SIGKILL}} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(binary, "check", "--as", "epoll,level", "--protocol", "line", "--time-scale", "100", "--",
				binary, "serve", "counterexample/level-drops-the-rest", "--address", "{address}")
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			require.NoError(t, cmd.Start())
			server := waitForServer(t, cmd.Process.Pid)
			require.NoError(t, cmd.Process.Signal(c.signal))
			err := cmd.Wait()
			require.Error(t, err)
			if c.signal != syscall.SIGKILL {
				require.Equal(t, exitFailed, cmd.ProcessState.ExitCode(), "%v: %s", cmd.ProcessState, out.String())
				require.Contains(t, out.String(), "error: interrupted")
			}
			require.Eventually(t, func() bool {
				p, err := proc.Read(server)
				return err != nil || !p.Alive()
			}, 10*time.Second, 10*time.Millisecond, "the server under test lives on")
		})
	}
}

// waitForServer waits until a child of the process is a server that listens and has accepted a client.
func waitForServer(t *testing.T, parent int) (pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		all, err := proc.All()
		require.NoError(t, err)
		for _, p := range all {
			if p.Parent != parent {
				continue
			}
			if sockets(p.PID) > 3 { // its listener, and clients
				pid = p.PID
				return true
			}
		}
		return false
	}, 20*time.Second, time.Millisecond)
	return pid
}

func sockets(pid int) (n int) {
	links, err := proc.Links(pid)
	if err != nil {
		return 0 // it is only just beginning, or has ended
	}
	for _, link := range links {
		if _, ok := proc.SocketInode(link); ok {
			n++
		}
	}
	return n
}
