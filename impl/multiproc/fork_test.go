//go:build linux

package multiproc

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// TestNoProcessToBeHad holds that a client whom the kernel refuses a process is served when it grants one again.
func TestNoProcessToBeHad(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	listening, ended, tries := make(chan netip.AddrPort, 1), make(chan error, 1), 0
	cfg := server.Config{
		Address: "127.0.0.1:0", Protocol: "echo", Log: &log,
		Listening: func(a netip.AddrPort) { listening <- a },
	}
	go func() {
		self := os.Getpid()
		ended <- serveByChildren(ctx, cfg, func(fd int) (int, error) {
			if tries++; tries <= 3 {
				return 0, os.NewSyscallError("clone", unix.EAGAIN)
			}
			pid, err := fork(fd, self, false, server.BufferSize)
			require.Zero(t, err)
			return pid, nil
		})
	}()
	began := time.Now()
	c, err := net.Dial("tcp", (<-listening).String())
	require.NoError(t, err)
	_, err = fmt.Fprintln(c, "at last")
	require.NoError(t, err)
	answer, err := bufio.NewReader(c).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "at last\n", answer)
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond, "it tried without a rest")
	require.NoError(t, c.Close())
	cancel()
	require.NoError(t, <-ended)
	require.Equal(t, 4, tries)
	require.Contains(t, log.String(), "make a process: clone: resource temporarily unavailable")
	require.Contains(t, log.String(), "pids.max")
}

// TestStrangersAreNotReaped holds that a child of this process which is not the server's is left to whoever made it,
// though it has ended and stands before the server's own.
func TestStrangersAreNotReaped(t *testing.T) {
	c := raise()
	defer c.close()
	spawn := func() (int, error) {
		return syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{})
	}
	stranger, err := spawn()
	require.NoError(t, err)
	var info unix.Siginfo
	require.NoError(t, unix.Waitid(unix.P_PID, stranger, &info, unix.WEXITED|unix.WNOWAIT, nil))
	for range 5 {
		require.NoError(t, c.add(spawn))
	}
	c.wait()
	got, err := unix.Wait4(stranger, nil, 0, nil)
	require.NoError(t, err)
	require.Equal(t, stranger, got)
}
