//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// withoutPtrace marks a run of this test binary that forbids itself ptrace, as a container may, and becomes iospec.
const withoutPtrace = "IOSPEC_TEST_WITHOUT_PTRACE"

func init() {
	if os.Getenv(withoutPtrace) == "" {
		return
	}
	runtime.LockOSThread()
	if err := forbid(unix.SYS_PTRACE); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	_ = os.Unsetenv(withoutPtrace)
	err := unix.Exec(os.Args[1], os.Args[1:], os.Environ())
	fmt.Fprintln(os.Stderr, err)
	os.Exit(99)
}

// forbid makes a system call fail with EPERM in this thread and whatever it becomes, seccomp(2).
func forbid(nr uint32) error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl no_new_privs: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

// TestWithoutPtraceLooks: where tracing is refused, check and identify look at the server, and say so; what needs its calls is
// unsupported.
func TestWithoutPtraceLooks(t *testing.T) {
	for _, args := range [][]string{
		{"check", "--as", "epoll,level", "--protocol", "line", "--", binary, "serve", "epoll/level", "--address", "{address}"},
		{"identify", "--protocol", "line", "--", binary, "serve", "epoll/level", "--address", "{address}"},
	} {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", append([]string{binary}, args...)...)
		cmd.Env = append(os.Environ(), withoutPtrace+"=1")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		require.NoError(t, cmd.Run(), out.String())
		require.Contains(t, out.String(), "operation not permitted")
		require.Contains(t, out.String(), "it is looked at in /proc")
		if args[0] == "check" {
			require.Contains(t, out.String(), "(by sampling)")
			require.Contains(t, out.String(), "it needs system calls one by one")
		}
	}
}

// TestWithoutPtrace: where tracing is refused, every command that needs it, or is told to, says so in one way, with what would help, and
// doctor finds it.
func TestWithoutPtrace(t *testing.T) {
	for _, args := range [][]string{
		{"check", "--need-ptrace", "--as", "epoll,level", "--protocol", "line", "--", binary, "serve", "epoll/level", "--address", "{address}"},
		{"record", "-o", t.TempDir() + "/r.jsonl", "--", binary, "serve", "epoll/level", "--address", "{address}"},
		{"doctor"},
	} {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", append([]string{binary}, args...)...)
		cmd.Env = append(os.Environ(), withoutPtrace+"=1")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		require.Error(t, err)
		require.Equal(t, exitMissing, cmd.ProcessState.ExitCode(), out.String())
		require.Contains(t, out.String(), "operation not permitted")
		require.Contains(t, out.String(), "hint: ")
		if args[0] != "doctor" {
			require.Contains(t, out.String(), "error: the command cannot be recorded")
			require.NoFileExists(t, args[2], "nothing half-written is left")
		}
	}
}
