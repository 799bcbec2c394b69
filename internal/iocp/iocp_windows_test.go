package iocp

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

// The Rules about the interface are run on Linux, under Wine. These tests hold the same of Windows itself, and what Wine
// cannot show.

// a talk is a desk, and lines that it is told.
func talk(t *testing.T) func(line string) string {
	t.Helper()
	require.NoError(t, windows.WSAStartup(0x0202, new(windows.WSAData)))
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	d := new(desk)
	return func(line string) string {
		verb, arg, _ := strings.Cut(line, " ")
		answer, err := d.do(verb, arg)
		require.NoError(t, err, line)
		return answer
	}
}

// TestContract tells the story of a connection, answer by answer.
func TestContract(t *testing.T) {
	tell := talk(t)
	t.Log(tell("system"))
	for _, scene := range [][][2]string{
		{{"receive 8", "1 pending"}, {"look 1", "pending 0 ........"}, {"take 0", "nothing"}, {"send hello", "sent"},
			{"take 9000", "7 5 1 ok"}, {"look 1", "completed 5 hello..."}, {"take 0", "nothing"}},
		{{"receive 2", "1 pending"}, {"receive 2", "2 pending"}, {"send AABB", "sent"}, {"take 9000", "7 2 1 ok"}, {"take 9000", "7 2 2 ok"}},
		{{"receive 8", "1 pending"}, {"end", "ended"}, {"take 9000", "7 0 1 ok"}, {"take 0", "nothing"}},
		{{"receive 8", "1 pending"}, {"receive 8", "2 pending"}, {"cancel 2", "cancelled"}, {"take 9000", "7 0 2 aborted"},
			{"send A", "sent"}, {"take 9000", "7 1 1 ok"}, {"cancel 1", "not found"}},
		{{"depart 8", "1 pending"}, {"send late", "sent"}, {"take 9000", "7 4 1 ok"}},
	} {
		tell("fresh")
		queue := ""
		for _, line := range scene {
			if strings.HasPrefix(line[0], "take 9") { // a call may bring one completion, or several
				if queue == "" {
					queue = tell(line[0])
				}
				var first string
				first, queue, _ = strings.Cut(queue, ";")
				require.Equal(t, line[1], first, "%v", scene)
				continue
			}
			require.Equal(t, line[1], tell(line[0]), "%s in %v", line[0], scene)
		}
	}
}

// TestThrottle holds that Windows lets hardly more threads work on completions than the port was made for. Wine does not. It is
// "hardly": one that a completion has woken may have to wait for a place in Go's scheduler, and the system, which sees it wait,
// wakes another.
func TestThrottle(t *testing.T) {
	if strings.HasPrefix(system(), "Wine") {
		t.Skip("NOT TESTED: Wine ignores NumberOfConcurrentThreads")
	}
	const packets, few = 400, 20
	free, throttled := company(t, 4, packets), company(t, 1, packets)
	t.Logf("of %d completions, worked on while another thread did: %d, and %d where one thread may work", packets, free, throttled)
	if free <= few {
		t.Skip("NOT TESTED: on this machine threads take turns anyhow")
	}
	require.LessOrEqual(t, throttled, few)
}

// company has 4 threads work on completions of a port that is made for so many, and counts those that were begun while another
// one was being worked on.
func company(t *testing.T, threads uint32, packets int) int {
	t.Helper()
	port, err := windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, threads)
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(port) }()
	var at, beside atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			runtime.LockOSThread()
			for {
				var n uint32
				var key uintptr
				var o *windows.Overlapped
				if err := windows.GetQueuedCompletionStatus(port, &n, &key, &o, windows.INFINITE); err != nil || key == 0 {
					return
				}
				if at.Add(1) > 1 {
					beside.Add(1)
				}
				for i := range 1 << 20 { // work, without a call that would let another thread in
					_ = i
				}
				at.Add(-1)
			}
		})
	}
	for range packets {
		require.NoError(t, windows.PostQueuedCompletionStatus(port, 0, 1, nil))
	}
	for range 4 {
		require.NoError(t, windows.PostQueuedCompletionStatus(port, 0, 0, nil))
	}
	all.Wait()
	return int(beside.Load())
}

// TestPosted holds that what is put there by hand comes out in order, as it was.
func TestPosted(t *testing.T) {
	port, err := windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, 0)
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(port) }()
	for i := range 10 {
		require.NoError(t, windows.PostQueuedCompletionStatus(port, uint32(i+100), uintptr(i), nil))
	}
	for i := range 10 {
		var n uint32
		var key uintptr
		var o *windows.Overlapped
		require.NoError(t, windows.GetQueuedCompletionStatus(port, &n, &key, &o, 0))
		require.Equal(t, fmt.Sprint(i, " ", i+100), fmt.Sprint(key, " ", n))
	}
}
