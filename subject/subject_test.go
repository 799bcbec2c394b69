//go:build linux

package subject

import (
	"context"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/proc"
)

// clean asserts, when the test ends, that it has left nothing: no child, no descriptor.
func clean(t *testing.T) {
	t.Helper()
	before := descriptors(t)
	t.Cleanup(func() {
		all, err := proc.All()
		require.NoError(t, err)
		for _, p := range proc.Descendants(all, os.Getpid()) {
			env, err := proc.Environ(p.PID)
			require.False(t, err == nil && slices.ContainsFunc(env, func(v string) bool {
				return strings.HasPrefix(v, "IOSPEC_SUBJECT=")
			}), "left running: %d %s %s", p.PID, p.Comm, p.State)
			require.True(t, p.State.Alive(), "left unreaped: %d %s", p.PID, p.Comm)
		}
		require.Eventually(t, func() bool { return descriptors(t) <= before }, 5*time.Second, time.Millisecond, "descriptors leak")
	})
}

func descriptors(t *testing.T) int {
	t.Helper()
	open, err := proc.OpenFiles(os.Getpid())
	require.NoError(t, err)
	return len(open)
}

// run starts a subject that must listen, and stops it when the test ends.
func run(t *testing.T, spec Spec, opts ...Option) *Subject {
	t.Helper()
	clean(t)
	s, err := Start(t.Context(), spec, opts...)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := s.Stop(context.Background())
		require.NoError(t, err)
	})
	return s
}

func TestStartAndStop(t *testing.T) {
	s := run(t, Spec{Command: role("echo", "{address}")})
	require.Equal(t, s.Command()[3], s.Address())
	c, err := net.Dial("tcp", s.Address())
	require.NoError(t, err, "it listens when Start returns")
	require.NoError(t, c.Close())
	stopped, err := s.Stop(t.Context())
	require.NoError(t, err)
	require.Equal(t, unix.SIGTERM, stopped.Status.Signal)
	require.False(t, stopped.Killed)
	require.Zero(t, stopped.Left)
	require.Zero(t, stopped.Zombies)
	again, err := s.Stop(t.Context())
	require.NoError(t, err)
	require.Equal(t, stopped, again)
	_, err = net.Dial("tcp", s.Address())
	require.ErrorIs(t, err, unix.ECONNREFUSED)
}
