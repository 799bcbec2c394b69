//go:build linux

package reactor

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/impl/server"
)

// An entry says who put it, and as his how-manieth.
type entry struct{ giver, n int }

// put has each giver put its entries, all at the same time.
func put(givers, each int, put func(entry)) (wait func()) {
	var all sync.WaitGroup
	for g := range givers {
		all.Go(func() {
			for n := range each {
				put(entry{g, n})
			}
		})
	}
	return all.Wait
}

// checkOrder holds that what one taker got of each giver came in order, and counts it.
func checkOrder(t *rapid.T, got []entry, counts []int) {
	last := map[int]int{}
	for _, e := range got {
		before, known := last[e.giver]
		require.True(t, !known || e.n > before, "entry %d of giver %d came after %d", e.n, e.giver, before)
		last[e.giver] = e.n
		counts[e.giver]++
	}
}

// TestQueue holds that each of the things that threads put is taken by exactly one thread, in the order in which its
// giver put them.
func TestQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		givers, takers, each := rapid.IntRange(1, 5).Draw(t, "givers"), rapid.IntRange(1, 5).Draw(t, "takers"), rapid.IntRange(0, 300).Draw(t, "each")
		q := NewQueue[entry]()
		got := make([][]entry, takers)
		var missing sync.WaitGroup
		missing.Add(givers * each)
		var taking sync.WaitGroup
		for i := range got {
			taking.Go(func() {
				for e, ok := q.Take(); ok; e, ok = q.Take() {
					got[i] = append(got[i], e)
					missing.Done()
				}
			})
		}
		put(givers, each, q.Put)()
		missing.Wait()
		q.Close()
		taking.Wait()
		counts := make([]int, givers)
		for _, some := range got {
			checkOrder(t, some, counts)
		}
		for g := range counts {
			require.Equal(t, each, counts[g], "entries of giver %d", g)
		}
	})
}

// TestInbox holds the same of the way back, and that no wake-up is lost: the receiver only looks when it was woken.
func TestInbox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		givers, each := rapid.IntRange(1, 5).Draw(t, "givers"), rapid.IntRange(0, 300).Draw(t, "each")
		b, err := NewInbox[entry]()
		require.NoError(t, err)
		defer b.Free()
		wait := put(givers, each, b.Put)
		go func() {
			wait()
			b.Close()
		}()
		var got []entry
		for closed := false; !closed; {
			fds := []unix.PollFd{{Fd: int32(b.fd), Events: unix.POLLIN}}
			n, err := unix.Poll(fds, 30_000)
			if err == unix.EINTR {
				continue
			}
			require.NoError(t, err)
			require.Equal(t, 1, n, "a wake-up was lost: %d of %d entries", len(got), givers*each)
			var items []entry
			items, closed = b.TakeAll()
			got = append(got, items...)
		}
		counts := make([]int, givers)
		checkOrder(t, got, counts)
		require.Len(t, got, givers*each)
	})
}

// TestAcceptLock holds that one process has the lock at a time, and that the master gets it back from a dead one.
func TestAcceptLock(t *testing.T) {
	l, fd, err := newAcceptLock(2)
	require.NoError(t, err)
	defer func() { _ = unix.Close(fd) }()
	defer l.close()
	other, err := mapAcceptLock(fd, 2) // as another process sees it
	require.NoError(t, err)
	defer other.close()

	require.True(t, l.try(10))
	require.True(t, l.try(10), "it has it already")
	require.False(t, other.try(20))
	other.release(20)
	require.False(t, other.try(20), "released by one who had it not")
	l.bereave(0, 10)
	require.True(t, other.try(20))
	require.False(t, l.try(11))
}

func TestWhoIsAhead(t *testing.T) {
	l, fd, err := newAcceptLock(3)
	require.NoError(t, err)
	defer func() { _ = unix.Close(fd) }()
	defer l.close()
	l.counts[0].Store(1000)
	require.False(t, l.ahead(0), "the others are not there")
	l.counts[1].Store(900)
	require.False(t, l.ahead(0))
	l.counts[1].Store(800)
	require.True(t, l.ahead(0))
	require.False(t, l.ahead(1))
}

// TestAnotherThreadMayNotChangeAReactor holds what assertOwner is for: another thread that changes a reactor is a mistake, and is told so.
func TestAnotherThreadMayNotChangeAReactor(t *testing.T) {
	r, err := NewReactor()
	require.NoError(t, err)
	defer r.Close()
	r.owner = unix.Gettid() + 1
	require.Panics(t, func() { r.Remove(0) })
}

// TestMessages holds that work done by way of messages comes to the same as work done at once, whatever the client says
// and however it is cut.
func TestMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, away := server.Protocols["line"](), server.Protocols["line"]()
		room, roomAway := make([]byte, server.BufferSize), make([]byte, server.BufferSize)
		for number := range uint64(rapid.IntRange(1, 10).Draw(t, "steps")) {
			in := []byte(rapid.SampledFrom([]string{"", "echo x\n", "blob 100000\n", "blob 200000\necho y\nhal", "what\n", "quit\n"}).Draw(t, "in"))
			want := at.Handle(in, room)

			task := &server.Task{Handler: away, In: in}
			m, err := appendRequest(nil, number, task)
			require.NoError(t, err)
			worker := server.Protocols["line"]() // a new one, for each request
			n, got, err := readRequest(m, worker)
			require.NoError(t, err)
			require.Equal(t, number, n)
			m, err = appendResult(nil, n, worker, worker.Handle(got, roomAway))
			require.NoError(t, err)
			require.LessOrEqual(t, len(m), maxMessage)
			require.NoError(t, readResult(m, number, task))
			require.Equal(t, want.Used, task.Step.Used)
			require.Equal(t, want.Next, task.Step.Next)
			require.Equal(t, string(want.Out), string(task.Step.Out))
			require.ErrorIs(t, readResult(m, number+1, task), errMessage, "another task's number")
		}
	})
}

// TestBrokenMessages holds that what is no message is found out.
func TestBrokenMessages(t *testing.T) {
	require.ErrorIs(t, readResult(make([]byte, 13), 0, nil), errMessage)
	_, _, err := readRequest(make([]byte, 8), nil)
	require.ErrorIs(t, err, errMessage)
	_, err = readState([]byte{3, 0}, nil)
	require.ErrorIs(t, err, errMessage)
}
