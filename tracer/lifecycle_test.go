//go:build linux && (amd64 || arm64)

package tracer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/trace"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func init() {
	roles["refused"] = roleRefused
	roles["tracing"] = roleTracing
	roles["unprivileged"] = roleUnprivileged
}

func TestSupported(t *testing.T) { require.NoError(t, Supported()) }

func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	noCode := filepath.Join(dir, "data")
	require.NoError(t, os.WriteFile(noCode, []byte("no program\x00\x01"), 0o755))
	plain := filepath.Join(dir, "plain")
	require.NoError(t, os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o644))
	badShell := filepath.Join(dir, "script")
	require.NoError(t, os.WriteFile(badShell, []byte("#!/no/such/shell\n"), 0o755))
	for name, c := range map[string]struct {
		cmd  Command
		want error
	}{
		"not in PATH":       {Command{Path: "no-such-command-anywhere"}, exec.ErrNotFound},
		"no such file":      {Command{Path: dir + "/none"}, fs.ErrNotExist},
		"not executable":    {Command{Path: plain}, fs.ErrPermission},
		"no program":        {Command{Path: noCode}, unix.ENOEXEC},
		"no interpreter":    {Command{Path: badShell}, unix.ENOENT},
		"no directory":      {Command{Path: "true", Dir: dir + "/none"}, unix.ENOENT},
		"relative to a dir": {Command{Path: "./none", Dir: dir}, unix.ENOENT},
		"too much":          {Command{Path: "true", Args: []string{"true", strings.Repeat("x", 1<<20)}}, unix.E2BIG},
	} {
		t.Run(name, func(t *testing.T) {
			var sink tape
			p, err := Start(context.Background(), c.cmd, &sink, Options{})
			require.Nil(t, p)
			var e *ExecError
			require.ErrorAs(t, err, &e)
			require.ErrorIs(t, err, c.want)
			require.NotErrorIs(t, err, ErrRefused)
			require.Empty(t, sink.records)
		})
	}
}

func TestRelativeToADirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "here"), []byte("#!/bin/sh\npwd\n"), 0o755))
	real, err := filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	r := record(t, Command{Path: "./here", Dir: dir, Env: []string{"PATH=/usr/bin:/bin"}}, Options{})
	require.Equal(t, real+"\n", r.out)
}

// The command must see what os/exec would have given it: nothing of the shim is left.
func TestNothingOfTheShimIsLeft(t *testing.T) {
	const look = `tr '\0' '\n' </proc/$$/cmdline; tr '\0' ' ' </proc/$$/environ; ls /proc/$$/fd; ulimit -n; exec grep -E 'Sig(Blk|Ign)' /proc/self/status`
	env := []string{"A=1", "PATH=" + os.Getenv("PATH")}
	direct := exec.Command("/bin/sh", "-c", look)
	direct.Env = env
	want, err := direct.Output()
	require.NoError(t, err)
	r := record(t, Command{Path: "/bin/sh", Args: direct.Args, Env: env}, Options{})
	require.Equal(t, string(want), r.out)
	require.Equal(t, "sh", filepath.Base(r.records[0].Header.Command[0]))
	require.NotNil(t, r.records[2].Exec)
	require.NotContains(t, r.records[2].Exec.Path, "tracer.test")
}

func TestOutput(t *testing.T) {
	var both bytes.Buffer
	p, err := Start(context.Background(), Command{Path: "sh", Args: []string{"sh", "-c", "echo out; echo err >&2; exit 4"},
		Stdout: &both, Stderr: &both}, &tape{}, Options{})
	require.NoError(t, err)
	status, err := p.Wait()
	require.NoError(t, err)
	require.Equal(t, Status{Code: 4}, status)
	require.Equal(t, "exit status 4", status.String())
	require.Equal(t, "out\nerr\n", both.String())

	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	p, err = Start(context.Background(), Command{Path: "echo", Args: []string{"echo", "direct"}, Stdout: file}, &tape{}, Options{})
	require.NoError(t, err)
	_, err = p.Wait()
	require.NoError(t, err)
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	require.Equal(t, "direct\n", string(text))
}

// firstLine passes on the first line that is written to it, and swallows the rest.
type firstLine struct {
	w *io.PipeWriter
	r *bufio.Reader
}

func newFirstLine() *firstLine {
	r, w := io.Pipe()
	return &firstLine{w, bufio.NewReader(r)}
}

func (f *firstLine) Write(b []byte) (int, error) { return f.w.Write(b) }

func (f *firstLine) read(t *testing.T) string {
	line, err := f.r.ReadString('\n')
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, f.r) }()
	return strings.TrimSpace(line)
}

// daemons starts a child in a session, hence a process group, of its own, and waits for ever as that does.
const daemons = `
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
	signal(SIGTERM, SIG_IGN);
	int p[2]; char b; if (pipe(p)) return 1;
	pid_t pid = fork();
	if (pid == 0) { setsid(); if (write(p[1], "x", 1) != 1) return 2; pause(); return 3; }
	if (read(p[0], &b, 1) != 1) return 4;
	printf("%d\n", pid); fflush(stdout);
	pause();
}`

func gone(pid int) bool { return unix.Kill(pid, 0) == unix.ESRCH || isZombie(pid) }

func TestKillEndsEveryTracee(t *testing.T) {
	cmd := program(t, daemons)
	for name, kill := range map[string]func(p *Process, cancel func()){
		"Kill":        func(p *Process, _ func()) { p.Kill() },
		"the context": func(_ *Process, cancel func()) { cancel() },
		"without leader": func(p *Process, _ func()) {
			_ = p.Signal(unix.SIGKILL)
			waitFor(t, func() bool { return p.Tasks() == 1 })
			p.Kill()
		},
	} {
		t.Run(name, func(t *testing.T) {
			line := newFirstLine()
			cmd.Stdout = line
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var sink tape
			p, err := Start(ctx, cmd, &sink, Options{})
			skipIfRefused(t, err)
			require.NoError(t, err)
			daemon, err := strconv.Atoi(line.read(t))
			require.NoError(t, err)
			require.Equal(t, p.PID(), p.PGID())
			require.Equal(t, 2, p.Tasks())
			kill(p, cancel)
			status, err := p.Wait()
			require.NoError(t, err)
			require.Equal(t, Status{Signal: unix.SIGKILL}, status)
			require.Zero(t, p.Tasks())
			waitFor(t, func() bool { return gone(daemon) })
			require.True(t, gone(p.PID()))
			end := sink.records[len(sink.records)-1].End
			require.NotNil(t, end)
			require.Equal(t, "killed", end.Reason)
		})
	}
}

func waitFor(t testing.TB, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, time.Millisecond)
}

func TestDoneBeforeStart(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Start(ctx, Command{Path: "true"}, &tape{}, Options{})
	require.ErrorIs(t, err, context.Canceled)
}

// A context that is done at any moment of the start leaves nothing behind.
func TestDoneWhileStarting(t *testing.T) {
	for i := range 40 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*100*time.Microsecond)
		p, err := Start(ctx, Command{Path: "sleep", Args: []string{"sleep", "600"}}, &tape{}, Options{})
		if err == nil {
			_, err = p.Wait()
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		cancel()
	}
}

type brokenSink struct{ left int }

func (s *brokenSink) Put(trace.Record) error {
	if s.left--; s.left < 0 {
		return errors.New("disk full")
	}
	return nil
}

func TestASinkThatFailsEndsEverything(t *testing.T) {
	for left := range 12 {
		p, err := Start(context.Background(), Command{Path: "sh", Args: []string{"sh", "-c", "while :; do /bin/true; done"}}, &brokenSink{left}, Options{})
		if err == nil {
			_, err = p.Wait()
		}
		require.ErrorContains(t, err, "disk full")
	}
}

// Several recordings, and os/exec beside them, in one process: each gets its own children, and all of them.
func TestSideBySide(t *testing.T) {
	cmd := program(t, manyChildren)
	cmd.Args = []string{cmd.Path, "150"}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r := record(t, cmd, Options{})
			r.wellFormed()
			if len(r.born("fork")) != 150 {
				t.Errorf("%d children", len(r.born("fork")))
			}
		})
		all.Go(func() {
			for range 50 {
				if err := exec.Command("sh", "-c", "exit 3").Run(); err == nil || err.Error() != "exit status 3" {
					t.Errorf("os/exec lost its child: %v", err)
				}
			}
		})
	}
	all.Wait()
}

func descriptors(t *testing.T) []string {
	open, err := proc.OpenFiles(os.Getpid())
	require.NoError(t, err)
	return open
}

func TestNoDescriptorLeaks(t *testing.T) {
	cmd := roleCommand("tcp")
	record(t, cmd, Options{}) // the runtime's own descriptors are there after the first
	before := descriptors(t)
	for range 10 {
		record(t, cmd, Options{})
		_, err := Start(context.Background(), Command{Path: "/no/such"}, &tape{}, Options{})
		require.Error(t, err)
		_, err = Start(context.Background(), Command{Path: "true", Dir: "/no/such", Stdout: io.Discard}, &tape{}, Options{})
		require.Error(t, err)
	}
	require.Equal(t, before, descriptors(t))
}

// roleTracing records a daemons program and says who the tracees are, until it is killed.
func roleTracing() {
	line := newFirstLine()
	p, err := Start(context.Background(), Command{Path: os.Getenv("TRACEE"), Stdout: line}, &tape{}, Options{})
	must(err)
	daemon := value2(line.r.ReadString('\n'))
	fmt.Printf("%d %s", p.PID(), daemon)
	<-p.Done()
}

func TestATracerThatIsKilledLeavesNothing(t *testing.T) {
	tracee := program(t, daemons)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"=tracing", "TRACEE="+tracee.Path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill() }()
	var leader, daemon int
	_, err = fmt.Fscan(out, &leader, &daemon)
	require.NoError(t, err)
	require.False(t, gone(leader))
	require.False(t, gone(daemon))
	require.NoError(t, cmd.Process.Kill())
	require.ErrorContains(t, cmd.Wait(), "signal: killed")
	waitFor(t, func() bool { return gone(leader) && gone(daemon) })
}

// roleRefused forbids itself one system call, with the errno that containers give, and then tries to record.
func roleRefused() {
	number := uint32(unix.SYS_PTRACE)
	if os.Getenv("FORBIDDEN") == "seccomp" {
		number = unix.SYS_SECCOMP
	}
	must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	program := []unix.SockFilter{
		load(dataNumber), jump(unix.BPF_JEQ, number, 0, 1),
		ret(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)), ret(unix.SECCOMP_RET_ALLOW),
	}
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&fprog))) // on every thread, of which one will be the tracer's
	if errno != 0 {
		must(errno)
	}
	_, err := Start(context.Background(), Command{Path: "true"}, &tape{}, Options{})
	var refused *RefusedError
	fmt.Println(errors.Is(err, ErrRefused), errors.Is(err, unix.EPERM), errors.As(err, &refused) && refused.Hint != "")
	fmt.Println(errors.Is(Supported(), ErrRefused), refused.Op)
	var status unix.WaitStatus
	_, err = unix.Wait4(-1, &status, unix.WNOHANG, nil)
	fmt.Println(err == unix.ECHILD)
}

func TestRefused(t *testing.T) {
	for forbidden, op := range map[string]string{"ptrace": "PTRACE_SEIZE", "seccomp": "seccomp"} {
		t.Run(forbidden, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), roleVariable+"=refused", "FORBIDDEN="+forbidden)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, string(out))
			require.Equal(t, "true true true\ntrue "+op+"\ntrue\n", string(out))
		})
	}
}

// roleUnprivileged records a command as nobody.
func roleUnprivileged() {
	must(Supported())
	var sink tape
	p, err := Start(context.Background(), Command{Path: "sh", Args: []string{"sh", "-c", "echo a | cat"}, Stdout: os.Stdout}, &sink, Options{})
	must(err)
	status := value2(p.Wait())
	r := recorded{records: sink.records}
	fmt.Println(status, len(r.born("fork")) >= 1, len(r.execs()) >= 2, os.Getuid())
}

func TestUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: not root, so the other tests are unprivileged already")
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"=unprivileged")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "a\nexit status 0 true true 65534\n", string(out))
}

// forkBomb forks and starts threads from every process, as far as its argument goes.
const forkBomb = `
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
void *work(void *x) { for (;;) if (fork() == 0) { for (int i = 0; i < 20; i++) if (fork() == 0) _exit(0); _exit(0); } return x; }
int main(void) {
	pthread_t t; signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 2; i++) { pthread_create(&t, NULL, work, NULL); if (fork() == 0) setsid(); }
	pause();
}`

// Kill at any moment ends all, also what is being born.
func TestKillWhileForking(t *testing.T) {
	cmd := program(t, forkBomb, "-pthread")
	for i := range 12 {
		sink := &countdown{left: 5 + 40*i, reached: make(chan struct{})}
		p, err := Start(context.Background(), cmd, sink, Options{})
		skipIfRefused(t, err)
		require.NoError(t, err)
		<-sink.reached
		p.Kill()
		_, err = p.Wait()
		require.NoError(t, err)
		require.Zero(t, p.Tasks())
	}
}

// countdown tells when it has had so many records.
type countdown struct {
	left    int
	reached chan struct{}
}

func (s *countdown) Put(trace.Record) error {
	if s.left--; s.left == 0 {
		close(s.reached)
	}
	return nil
}
