//go:build linux

package subject

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/subject/protocol"
)

// TestPatienceIsOfTheServersTime: a server that has no processor is waited for, and one that sleeps over a request is not.
// Who is stopped is neither asleep nor at work, as one that waits for a processor.
func TestPatienceIsOfTheServersTime(t *testing.T) {
	echo, err := protocol.Find("echo")
	require.NoError(t, err)
	ask := func(s *Subject, meanwhile func(*patience)) (missing int) {
		p := s.newPatience(0.05)
		c := s.open(t.Context(), "late", time.Minute, 0)
		defer c.close(true)
		meanwhile(p)
		return p.await(t.Context(), []*exchange{c.ask(echo.Request(1))}, nil)
	}
	t.Run("stopped for a while, and answers then", func(t *testing.T) {
		s := run(t, Spec{Command: role("echo", "{address}")})
		require.Zero(t, ask(s, func(p *patience) {
			require.NoError(t, unix.Kill(s.PID(), unix.SIGSTOP))
			time.AfterFunc(5*p.base, func() { _ = unix.Kill(s.PID(), unix.SIGCONT) })
		}))
	})
	t.Run("reads, and sleeps", func(t *testing.T) {
		require.Equal(t, 1, ask(run(t, Spec{Command: role("mute", "{address}")}), func(*patience) {}))
	})
}
