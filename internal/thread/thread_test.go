//go:build linux

package thread

import (
	"bytes"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestAReaderIsSeenAsleepAndThenDone(t *testing.T) {
	var fds [2]int
	require.NoError(t, unix.Pipe2(fds[:], unix.O_CLOEXEC))
	defer unix.Close(fds[0])
	reader := Start(func(*Thread) { _, _ = unix.Read(fds[0], make([]byte, 1)) })
	first, err := reader.AwaitAsleep(unix.SYS_READ, fds[0])
	require.NoError(t, err)
	require.NoError(t, Settle([]*Thread{reader}, unix.SYS_READ))
	again, err := reader.Where()
	require.NoError(t, err)
	require.Equal(t, first, again, "it did not stir")

	require.NoError(t, unix.Close(fds[1]))
	require.NoError(t, Settle([]*Thread{reader}, unix.SYS_READ))
	require.True(t, reader.Done())
	_, err = reader.AwaitAsleep(unix.SYS_READ, fds[0])
	require.ErrorContains(t, err, "ended instead of sleeping")
}

func TestStopInterruptsWaiters(t *testing.T) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	require.NoError(t, err)
	defer unix.Close(ep)
	var threads []*Thread
	var interrupted atomic.Int32
	for range 4 {
		threads = append(threads, Start(func(th *Thread) {
			_, err := th.Uninterrupted(func() (int, error) {
				var e unix.EpollEvent
				n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(&e)), 1, ^uintptr(0), 0, 0)
				if errno != 0 {
					return -1, errno
				}
				return int(n), nil
			})
			if err == unix.EINTR {
				interrupted.Add(1)
			}
		}))
	}
	require.NoError(t, Settle(threads, unix.SYS_EPOLL_PWAIT))
	require.NoError(t, StopAll(threads))
	require.EqualValues(t, 4, interrupted.Load())
}

// A wait that is not restarted ends with EINTR; where no signal gets through, it ends with what it waits for.
func TestNoSignalCutsShortWhatIsUndisturbed(t *testing.T) {
	var fds [2]int
	require.NoError(t, unix.Pipe2(fds[:], unix.O_CLOEXEC))
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	var ready int
	var failed, masked error
	waiter := Start(func(th *Thread) {
		masked = th.Undisturbed(func() { ready, failed = unix.Poll([]unix.PollFd{{Fd: int32(fds[0]), Events: unix.POLLIN}}, -1) })
	})
	for range 10 {
		require.NoError(t, Settle([]*Thread{waiter}, unix.SYS_PPOLL))
		require.NoError(t, unix.Tgkill(unix.Getpid(), waiter.TID(), unix.SIGURG))
	}
	_, err := unix.Write(fds[1], []byte{0})
	require.NoError(t, err)
	require.NoError(t, waiter.Join())
	require.NoError(t, failed)
	require.NoError(t, masked)
	require.Equal(t, 1, ready)
}

func TestParsePlace(t *testing.T) {
	status := []byte("Name:\tx\nState:\tS (sleeping)\nvoluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t3\n")
	p, err := parsePlace([]byte("0 0x5 0xc0 0x1 0x0 0x0 0x0 0x7ffc 0x45\n"), status)
	require.NoError(t, err)
	require.Equal(t, Place{Syscall: 0, First: 5, Sleeps: 17}, p)
	woken := bytes.Replace(status, []byte("S (sleeping)"), []byte("R (running)"), 1)
	p, err = parsePlace([]byte("0 0x5 0xc0 0x1 0x0 0x0 0x0 0x7ffc 0x45\n"), woken)
	require.NoError(t, err)
	require.Equal(t, Place{Syscall: -1, Sleeps: 17}, p, "woken, though it has not run yet")
	p, err = parsePlace([]byte("running\n"), status)
	require.NoError(t, err)
	require.Equal(t, Place{Syscall: -1, Sleeps: 17}, p)
	_, err = parsePlace([]byte("running\n"), nil)
	require.Error(t, err)
}
