//go:build linux

package proc

import (
	"encoding/binary"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestParsePulse(t *testing.T) {
	p, err := ParsePulse([]byte("Name:\ta: b\nState:\tS (sleeping)\nvoluntary_ctxt_switches:\t41\nnonvoluntary_ctxt_switches:\t7\n"))
	require.NoError(t, err)
	require.Equal(t, Pulse{State: Sleeping, Slept: 41, Forced: 7}, p)
	_, err = ParsePulse([]byte("Name:\tx\n"))
	require.Error(t, err)
	_, err = ParsePulse([]byte("State:\tS\nvoluntary_ctxt_switches:\tmany\n"))
	require.Error(t, err)
}

func TestParseTransfer(t *testing.T) {
	got, err := ParseTransfer([]byte("rchar: 6976\nwchar: 56\nsyscr: 10\n"))
	require.NoError(t, err)
	require.Equal(t, Transfer{Read: 6976, Written: 56}, got)
	_, err = ParseTransfer([]byte("rchar: -1\n"))
	require.Error(t, err)
}

func TestParseSyscall(t *testing.T) {
	s, err := ParseSyscall("232 0x5 0x7f00 0x80 0xffffffff 0x0 0x8 0x7ffc 0x4944c3\n")
	require.NoError(t, err)
	require.Equal(t, Syscall{232, [6]uint64{5, 0x7f00, 0x80, 0xffffffff, 0, 8}}, s)
	for _, outside := range []string{"running\n", "-1 0x7ffc 0x4944c3\n"} {
		s, err = ParseSyscall(outside)
		require.NoError(t, err)
		require.EqualValues(t, InUser, s.Number)
	}
	_, err = ParseSyscall("232 0x5\n")
	require.Error(t, err)
}

func TestPendingOfARing(t *testing.T) {
	info, err := ParseFDInfo([]byte("flags:\t02000002\nPollList:\n  op=27, task_works=0\n  op=13, task_works=0\n"))
	require.NoError(t, err)
	require.Equal(t, []int{27, 13}, info.Pending)
}

// TestWaiting sees a thread of this process asleep in poll, with its array.
func TestWaiting(t *testing.T) {
	var p [2]int
	require.NoError(t, unix.Pipe2(p[:], unix.O_CLOEXEC))
	defer func() { _, _ = unix.Close(p[0]), unix.Close(p[1]) }()
	tids := make(chan int)
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		tids <- unix.Gettid()
		_, err := unix.Ppoll([]unix.PollFd{{Fd: int32(p[0]), Events: unix.POLLIN}}, nil, nil)
		done <- err
	}()
	tid := <-tids
	var s Syscall
	require.Eventually(t, func() (there bool) {
		var err error
		s, err = Waiting(os.Getpid(), tid)
		require.NoError(t, err)
		return s.Number == unix.SYS_PPOLL
	}, 10*time.Second, time.Millisecond)
	array, err := Peek(os.Getpid(), s.Args[0], 8)
	require.NoError(t, err)
	require.Equal(t, []Target{{FD: p[0], Events: unix.POLLIN}}, PollFDs(array))
	_, err = unix.Write(p[1], []byte{1})
	require.NoError(t, err)
	require.NoError(t, <-done)
}

func TestFDSet(t *testing.T) {
	b := binary.NativeEndian.AppendUint64(nil, 1<<3|1<<63)
	b = binary.NativeEndian.AppendUint64(b, 1)
	require.Equal(t, []Target{{FD: 3, Events: 1}, {FD: 63, Events: 1}, {FD: 64, Events: 1}}, FDSet(b, 1))
}
