//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAServerThatRunsAlready: it is identified, recorded and checked where it stands, and serves on afterwards.
func TestAServerThatRunsAlready(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out servers that are exercised whole")
	}
	server := exec.Command(binary, "serve", "reactor/multi-threads", "--address", "127.0.0.1:0")
	out, err := server.StderrPipe()
	require.NoError(t, err)
	server.Stdout = server.Stderr
	require.NoError(t, server.Start())
	defer func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		require.NoError(t, server.Wait(), "it ends in order when it is told to, and not before")
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	address := strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	pid := fmt.Sprint(server.Process.Pid)

	said, err := exec.Command(binary, "identify", "--quiet", "--protocol", "line", "--pid", pid).CombinedOutput()
	if strings.Contains(string(said), "PTRACE_SEIZE") {
		t.Skipf("UNSUPPORTED: this machine does not let us attach: %s", said)
	}
	require.NoError(t, err, "%s", said)
	require.Equal(t, "multi-reactor-threads,epoll,level,accept-main\n", string(said))

	said, err = exec.Command(binary, "check", "--as", "multi-reactor-threads,epoll,level,accept-main", "--protocol", "line", "--pid", pid, "--address", address).CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.Contains(t, string(said), "multi.sub-serves")

	// Looks may leave it open when the machine has much else to do; they say nothing else, and not each time.
	for range 5 {
		said, err = exec.Command(binary, "identify", "--no-ptrace", "--quiet", "--protocol", "line", "--pid", pid).Output()
		require.NoError(t, err, "%s", said)
		if string(said) != "inconclusive,epoll,level\n" {
			break
		}
	}
	require.Equal(t, "multi-reactor-threads,epoll,level,accept-main\n", string(said))

	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "echo still here\n")
	require.NoError(t, err)
	answer, err := bufio.NewReader(c).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "still here\n", answer)
	status, err := os.ReadFile("/proc/" + pid + "/status")
	require.NoError(t, err)
	require.Contains(t, string(status), "TracerPid:\t0\n")
}
