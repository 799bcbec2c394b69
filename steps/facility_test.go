//go:build linux

package steps

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
)

func TestLacking(t *testing.T) {
	require.NoError(t, Target{Traits: []string{"single-reactor", "epoll"}}.lacking(), "it needs nothing that a machine may not have")
	if err := (Target{Traits: []string{"proactor", "io_uring"}}).lacking(); err != nil {
		require.Equal(t, check.Unsupported, check.Of(err).Outcome)
		require.ErrorContains(t, err, "io_uring")
	}
}
