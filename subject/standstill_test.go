//go:build linux

package subject

import (
	"bufio"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
)

// A super-server's children have sessions of their own, which a signal to its group does not reach.
func TestAllOfAServerStandsStill(t *testing.T) {
	s := run(t, Spec{Command: role("escapes", "{address}")})
	c, err := net.Dial("tcp", s.Address())
	require.NoError(t, err)
	defer c.Close()
	answers := bufio.NewReader(c)
	say := func() { _, err := c.Write([]byte("hello\n")); require.NoError(t, err) }
	hear := func() {
		line, err := answers.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "hello\n", line)
	}
	say()
	hear()

	require.NoError(t, await.Until("somebody to be in a session of its own", func() (bool, error) {
		members, err := s.family.read()
		return slices.ContainsFunc(members, func(p proc.Process) bool { return p.Session != members[0].Session }), err
	}))

	resume, err := s.Halt()
	require.NoError(t, err)
	say()
	members, err := s.family.read()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(members), 2, "the one that escaped belongs to it")
	for _, p := range members {
		require.Equal(t, proc.Stopped, p.State, "%d %s", p.PID, p.Comm)
	}
	require.NoError(t, c.SetReadDeadline(time.Now()))
	_, err = answers.ReadByte()
	require.Error(t, err, "nobody is there to answer")

	require.NoError(t, c.SetReadDeadline(time.Time{}))
	require.NoError(t, resume())
	hear()
}

// A child that is stopped before it has executed its program would keep the thread that made it from standing still, for ever.
func TestOneThatMakesProcessesStandsStill(t *testing.T) {
	s := run(t, Spec{Command: role("spawns", "{address}")})
	for range 100 {
		resume, err := s.Halt()
		require.NoError(t, err)
		require.NoError(t, resume())
	}
}
