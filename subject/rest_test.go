//go:build linux

package subject

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/internal/await"
)

// TestWhoNapsDozes: a server that looks for other work between any two looks at it never rests, and dozes; one that is at work
// does neither.
func TestWhoNapsDozes(t *testing.T) {
	start := func(name string) *Subject {
		s, err := Start(t.Context(), Spec{Command: role(name, "{address}")})
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = s.Stop(t.Context()) })
		return s
	}
	s := start("naps")
	rest, doze := s.Watch(), s.Watch()
	require.NoError(t, await.Until("a server that naps to doze", doze.Dozes))
	for range 20 {
		time.Sleep(2 * nap) // on a busy machine looks are as far apart
		rested, err := rest.Rested()
		require.NoError(t, err)
		require.False(t, rested, "it has napped meanwhile")
	}

	busy := start("spins").Watch()
	for range 50 {
		dozes, err := busy.Dozes()
		require.NoError(t, err)
		require.False(t, dozes, "it spins")
	}
}
