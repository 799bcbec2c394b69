//go:build linux

package uring

import (
	"errors"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
)

func ring(t *testing.T, flags uint32) *Ring {
	t.Helper()
	r, err := New(flags)
	if errors.Is(err, ErrUnavailable) {
		t.Skipf("SKIPPED: %v", err)
	}
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// next waits for a completion.
func next(t *testing.T, r *Ring) (c Completion) {
	t.Helper()
	require.NoError(t, await.Until("a completion", func() (ok bool, err error) {
		if c, ok = r.Next(); !ok {
			err = r.Enter(0)
		}
		return ok, err
	}))
	return c
}

func TestLayout(t *testing.T) {
	require.Equal(t, 120, int(unsafe.Sizeof(params{})))
	require.Equal(t, 64, int(unsafe.Sizeof(entry{})))
	require.Equal(t, 16, int(unsafe.Sizeof(Completion{})))
}

func TestOperations(t *testing.T) {
	for name, flags := range map[string]uint32{"default": 0, "polled": Polled} {
		t.Run(name, func(t *testing.T) {
			r := ring(t, flags)
			l, err := sock.Listen(4)
			require.NoError(t, err)
			defer sock.Close(l.FD)

			r.Accept(l.FD, 1)
			require.NoError(t, r.Enter(0))
			_, ok := r.Next()
			require.False(t, ok, "nobody has come")
			client, err := l.Dial()
			require.NoError(t, err)
			defer sock.Close(client)
			came := next(t, r)
			require.Equal(t, uint64(1), came.Data)
			require.Zero(t, came.Err())
			server := int(came.Result)
			defer sock.Close(server)

			buffer := make([]byte, 64)
			r.Poll(server, unix.POLLIN, 2)
			require.NoError(t, r.Enter(0))
			_, err = unix.Write(client, []byte("hello"))
			require.NoError(t, err)
			require.Equal(t, Completion{Data: 2, Result: unix.POLLIN}, next(t, r))
			r.Receive(server, buffer, 3)
			require.Equal(t, int32(5), next(t, r).Result)
			require.Equal(t, "hello", string(buffer[:5]))

			r.Send(server, []byte("hello back"), 4)
			require.Equal(t, Completion{Data: 4, Result: 10}, next(t, r))
			require.NoError(t, sock.Nonblock(client, false))
			n, err := unix.Read(client, buffer)
			require.NoError(t, err)
			require.Equal(t, "hello back", string(buffer[:n]))

			r.Receive(-1, buffer, 5)
			require.Equal(t, unix.EBADF, next(t, r).Err())
			require.Empty(t, r.buffers)
		})
	}
}

// TestMoreThanTheQueueHolds: what does not fit is submitted, so that there is room.
func TestMoreThanTheQueueHolds(t *testing.T) {
	r := ring(t, 0)
	for i := range 3 * queue / 2 {
		r.Poll(-1, unix.POLLIN, uint64(i))
	}
	seen := map[uint64]bool{}
	for range 3 * queue / 2 {
		seen[next(t, r).Data] = true
	}
	require.Len(t, seen, 3*queue/2)
}

func TestUnavailable(t *testing.T) {
	_, err := New(1 << 31)
	require.ErrorIs(t, err, ErrUnavailable)
}

func TestCloseLeavesNothing(t *testing.T) {
	before, err := proc.OpenFiles(os.Getpid())
	require.NoError(t, err)
	r, err := New(0)
	if errors.Is(err, ErrUnavailable) {
		t.Skipf("SKIPPED: %v", err)
	}
	require.NoError(t, err)
	r.Close()
	after, err := proc.OpenFiles(os.Getpid())
	require.NoError(t, err)
	require.Equal(t, before, after)
}
