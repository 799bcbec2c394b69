//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/proc"
)

// undumpable marks a run of this test binary that is an echo server, at the address that it holds, and that nobody may dump: it can
// neither be traced nor seen into, but by root.
const undumpable = "IOSPEC_TEST_UNDUMPABLE"

func init() {
	address := os.Getenv(undumpable)
	if address == "" {
		return
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "prctl:", err)
		os.Exit(99)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	fmt.Fprintln(os.Stderr, "listening on "+l.Addr().String())
	for {
		c, err := l.Accept()
		if err != nil {
			os.Exit(99)
		}
		go func() { defer c.Close(); _, _ = io.Copy(c, c) }()
	}
}

// A user runs programs without root's rights.
type user struct {
	dir        string // of copies of the programs, which it can reach
	credential *syscall.Credential
}

// nobody is the user of that name where these tests run as root, else who runs them.
func nobody(t *testing.T) *user {
	t.Helper()
	dir, err := os.MkdirTemp("", "iospec-user-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	u := &user{dir: dir}
	for name, from := range map[string]string{"iospec": binary, "server": "/proc/self/exe"} {
		content, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o755))
	}
	if os.Geteuid() != 0 {
		return u
	}
	u.credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	if out, err := u.command("iospec", "--version").CombinedOutput(); err != nil {
		t.Skipf("UNSUPPORTED: no other user can be had here, or none that reaches %s: %v %s", dir, err, out)
	}
	return u
}

func (u *user) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(u.dir, program), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: u.credential}
	return cmd
}

// listens starts a server, which says so itself, and ends it with the test. It gives the process and where it listens.
func listens(t *testing.T, server *exec.Cmd) (pid int, address string) {
	t.Helper()
	out, err := server.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		require.NoError(t, server.Process.Signal(syscall.SIGTERM), "it has run on until now")
		_ = server.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, line)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return server.Process.Pid, strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

// says runs a command that must end with that status, and gives what it has printed.
func says(t *testing.T, status int, cmd *exec.Cmd) string {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	require.Equal(t, status, cmd.ProcessState.ExitCode(), "%s: %s", cmd, &out)
	return out.String()
}

// refusesPID holds what is said where a server may not be traced, by commands that need it: why, and what would help. They leave
// nothing.
func refusesPID(t *testing.T, command func(...string) *exec.Cmd, pid int, address, hint string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "iospec-kept-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o777))
	for _, args := range [][]string{{"check", "--need-ptrace", "--as", "every-server"}, {"record", "-o", filepath.Join(dir, "r.jsonl")}} {
		said := says(t, exitMissing, command(append(args, "--pid", fmt.Sprint(pid), "--address", address)...))
		require.Contains(t, said, fmt.Sprintf("error: the command cannot be recorded: process %d: PTRACE_SEIZE: operation not permitted\n", pid))
		require.Contains(t, said, "hint: ")
		require.Contains(t, said, hint)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// looksAtPID holds that such a server is looked at, where that will do, and gives what is said of it.
func looksAtPID(t *testing.T, command func(...string) *exec.Cmd, pid int, address string) string {
	t.Helper()
	said := says(t, exitKept, command("identify", "--protocol", "line", "--pid", fmt.Sprint(pid), "--address", address))
	require.Contains(t, said, "PTRACE_SEIZE: operation not permitted")
	require.Contains(t, said, "looks at /proc")
	return said
}

// hidesWhere holds what is said of a server that does not show where it listens.
func hidesWhere(t *testing.T, command func(...string) *exec.Cmd, pid int) {
	t.Helper()
	said := says(t, exitMissing, command("identify", "--pid", fmt.Sprint(pid)))
	require.Contains(t, said, "error: it cannot be seen where the server listens: process "+fmt.Sprint(pid))
	require.Contains(t, said, "/proc/"+fmt.Sprint(pid)+"/fd: permission denied")
	require.Contains(t, said, "hint: say where it listens, --address HOST:PORT")
}

// TestServersThatMayNotBeTraced: another user's, one that may not be dumped, and one that somebody traces already.
func TestServersThatMayNotBeTraced(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out servers that are exercised whole")
	}
	t.Run("another user's", func(t *testing.T) {
		t.Parallel()
		if os.Geteuid() != 0 {
			t.Skip("UNSUPPORTED: a server of another user takes root to start")
		}
		u := nobody(t)
		pid, address := listens(t, exec.Command(binary, "serve", "reactor/single", "--address", "127.0.0.1:0"))
		iospec := func(args ...string) *exec.Cmd { return u.command("iospec", args...) }
		hidesWhere(t, iospec, pid)
		refusesPID(t, iospec, pid, address, "it is another user's: run as root")
		looked := looksAtPID(t, iospec, pid, address)
		require.Contains(t, looked, "refused: descriptors: open /proc/"+fmt.Sprint(pid)+"/fd: permission denied")
	})
	t.Run("not to be dumped", func(t *testing.T) {
		t.Parallel()
		u := nobody(t)
		iospec := func(args ...string) *exec.Cmd { return u.command("iospec", args...) }
		server := u.command("server")
		server.Env = append(os.Environ(), undumpable+"=127.0.0.1:0")
		pid, address := listens(t, server)
		hidesWhere(t, iospec, pid)
		refusesPID(t, iospec, pid, address, "PR_SET_DUMPABLE")
	})
	t.Run("not to be dumped, and started", func(t *testing.T) {
		t.Parallel()
		u := nobody(t)
		script := undumpable + `="$0" exec "$1"`
		command := []string{"--", "sh", "-c", script, "{address}", filepath.Join(u.dir, "server")}
		said := says(t, exitMissing, u.command("iospec", append([]string{"identify", "--need-ptrace"}, command...)...))
		require.Contains(t, said, "error: the command cannot be recorded: process ")
		require.Contains(t, said, "does not show its descriptors")
		require.Contains(t, said, "hint: ")
		said = says(t, exitKept, u.command("iospec", append([]string{"identify"}, command...)...))
		require.Contains(t, said, "looks at /proc")
		require.Empty(t, running(t, filepath.Join(u.dir, "server")))
	})
	t.Run("traced already", func(t *testing.T) {
		t.Parallel()
		pid, address := listens(t, exec.Command(binary, "serve", "reactor/single", "--address", "127.0.0.1:0"))
		other := traceElsewhere(t, pid, address)
		iospec := func(args ...string) *exec.Cmd { return exec.Command(binary, args...) }
		refusesPID(t, iospec, pid, address, "(iospec) traces it already, and only one can: end that first")
		require.Contains(t, looksAtPID(t, iospec, pid, address), "single-reactor")
		other()
		require.Zero(t, tracerOf(t, pid))
	})
}

func tracerOf(t *testing.T, pid int) int {
	t.Helper()
	s, err := proc.ReadStatus(pid)
	require.NoError(t, err)
	return s.Tracer
}

// traceElsewhere has another iospec record the server, until it is told to end.
func traceElsewhere(t *testing.T, pid int, address string) (end func()) {
	t.Helper()
	fifo := filepath.Join(t.TempDir(), "end")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	kept := filepath.Join(t.TempDir(), "other.jsonl")
	var out bytes.Buffer
	cmd := exec.Command(binary, "record", "-o", kept, "--pid", fmt.Sprint(pid), "--address", address, "--protocol", "none", "--load", "cat "+fifo)
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	require.Eventually(t, func() bool { return tracerOf(t, pid) != 0 || len(gone) > 0 }, 20*time.Second, time.Millisecond)
	if len(gone) > 0 {
		t.Skipf("UNSUPPORTED: this machine does not let us attach: %v: %s", <-gone, &out)
	}
	return func() {
		f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.NoError(t, <-gone, "%s", &out)
	}
}
