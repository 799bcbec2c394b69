//go:build linux

package steps

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMoreClientsComeWhereSeveralProcessesAccept: until a second one has, and for no other server, unless it is asked for.
func TestMoreClientsComeWhereSeveralProcessesAccept(t *testing.T) {
	for _, c := range []struct {
		target Target
		more   bool
	}{
		{Target{Traits: []string{"multi-reactor-processes", "epoll", "accept-lock"}}, true},
		{Target{Traits: []string{"process-pool"}}, true},
		{Target{Traits: []string{"multi-reactor-processes", "accept-main"}}, false},
		{Target{Traits: []string{"single-reactor", "epoll"}}, false},
		{Target{Traits: []string{"single-reactor"}, Waves: true}, true},
	} {
		require.Equal(t, c.more, c.target.load().Waves > 0, "%v", c.target)
	}
}
