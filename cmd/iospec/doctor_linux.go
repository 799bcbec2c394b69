package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/wine"
	"github.com/iospec/iospec/sampler"
	"github.com/iospec/iospec/tracer"
)

// checkups lists what iospec uses on Linux, the needed first.
func checkups() []checkup {
	return []checkup{
		{"platform", true, "everything", platform, "run it on Linux"},
		{"kernel", false, "", kernelVersion, ""},
		{"processors", false, "measured Rules compare threads that share one processor: expect noise", processors, "use two or more"},
		{"ptrace with seccomp", true, "check, record and all Rules about servers", tracing,
			"in a container add --cap-add=SYS_PTRACE --security-opt seccomp=unconfined; on a host see /proc/sys/kernel/yama/ptrace_scope (3 forbids it)"},
		{"looks at /proc", false, "check and identify where ptrace is refused", looking, "mount /proc without hidepid, and run as the server's user"},
		{"descriptors", false, "epoll.c10k, which opens 10 000 connections", descriptors, "raise the hard limit: ulimit -Hn 20000, or LimitNOFILE= of the service"},
		{"user namespaces", false, "Rules that set up a network of their own", namespaces,
			"sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0; in a container --security-opt seccomp=unconfined"},
		{"io_uring", false, "recordings of servers that use it", ioUring, "sysctl kernel.io_uring_disabled=0; containers often forbid it by seccomp"},
		{"Wine", false, "iocp.*, the Rules about completion ports of Windows", wine.Installed, wine.Install},
		{"redis-server", false, "the check of a server that nobody here wrote", program("redis-server"), "apt-get install redis-server"},
	}
}

func kernelVersion() (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", fmt.Errorf("uname: %w", err)
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]), nil
}

func processors() (string, error) {
	n := runtime.NumCPU()
	if n < 2 {
		return "", fmt.Errorf("only %d", n)
	}
	return fmt.Sprint(n), nil
}

func tracing() (string, error) {
	err := tracer.Supported()
	if refused, ok := errors.AsType[*tracer.RefusedError](err); ok {
		return "", fmt.Errorf("%s: %w", refused.Op, refused.Err) // its hint is this checkup's
	}
	if err != nil {
		return "", err
	}
	return "a child was traced", nil
}

// looking tries on a child what looks at a server need.
func looking() (string, error) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		return "", fmt.Errorf("start a child to look at: %w", err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	sight, err := sampler.Sees(child.Process.Pid)
	switch {
	case err != nil:
		return "", err
	case !sight.Descriptors && !sight.Waits:
		return "", errors.New(strings.Join(sight.Blind, "; "))
	case len(sight.Blind) > 0:
		return "in part; refused: " + strings.Join(sight.Blind, "; "), nil
	}
	return "descriptors, and the calls in which threads sleep, may be seen", nil
}

func descriptors() (string, error) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return "", fmt.Errorf("getrlimit: %w", err)
	}
	const want = 10_200
	if lim.Max < want {
		return "", fmt.Errorf("a process may open %d, not %d", lim.Max, want)
	}
	return fmt.Sprintf("%d per process", lim.Max), nil
}

func namespaces() (string, error) {
	cmd := exec.Command("/proc/self/exe", "--version")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("start a child in a user and a network namespace of its own: %w", err)
	}
	return "a child had a network of its own", nil
}

func ioUring() (string, error) {
	params := make([]byte, 120) // struct io_uring_params, io_uring_setup(2)
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params[0])), 0)
	if errno != 0 {
		return "", fmt.Errorf("io_uring_setup: %w", errno)
	}
	return "a ring was made", unix.Close(int(fd))
}

// program looks for a command that a Rule would use.
func program(name string) func() (string, error) {
	return func() (string, error) {
		path, err := exec.LookPath(name)
		if errors.Is(err, exec.ErrNotFound) {
			return "", errors.New("not installed")
		}
		if err != nil {
			return "", err
		}
		out, err := exec.Command(path, "--version").Output()
		if err != nil {
			return "", fmt.Errorf("%s --version: %w", name, err)
		}
		first, _, _ := strings.Cut(string(out), "\n")
		return first, nil
	}
}
