package trace_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace/tracetest"
)

// A parent accepts, forks and closes; the child inherits, and closes when it ends.
func TestHoldingsOverAFork(t *testing.T) {
	s := tracetest.New()
	parent, c := s.Main(), s.Connect("held")
	parent.Accept(c)
	child := parent.Fork()
	parent.Close(c)
	child.ReadBlocking(c, 10)
	child.Exits()
	rec := s.End()

	had := rec.Holdings(c.Object)
	require.Len(t, had, 2)
	require.Equal(t, parent.PID, had[0].PID)
	require.Equal(t, child.PID, had[1].PID)
	require.Equal(t, had[0].FD, had[1].FD)
	require.Less(t, had[0].From, had[1].From)
	require.Less(t, had[0].Until, had[1].Until)
	require.True(t, had[1].At(had[0].Until))
	require.False(t, had[0].At(had[0].Until))

	listener := rec.Holdings(tracetest.Listener)
	require.Len(t, listener, 2, "the child never closed the listener, but it ended")
	require.Zero(t, listener[0].Until)
	require.NotZero(t, listener[1].Until)
	require.Empty(t, rec.Holdings("socket:none"))
}
