//go:build linux

package steps

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// look tells it of one look after the other: which of two others and of the slow one are readable.
func look(looks ...[3]bool) (seen latecomers) {
	silent := []unix.PollFd{{Fd: 3}, {Fd: 4}, {Fd: 5}}
	for i, readable := range looks {
		for k := range silent {
			if readable[k] && silent[k].Fd >= 0 {
				silent[k].Revents = unix.POLLIN
			}
		}
		seen.look(silent, time.Duration(i+1)*time.Millisecond)
	}
	return seen
}

func TestOnlyThoseSeenBeforeTheSlowOneAreEarly(t *testing.T) {
	ms := time.Millisecond
	require.Equal(t, latecomers{2, []time.Duration{ms, 2 * ms}}, look([3]bool{true}, [3]bool{false, true}, [3]bool{true, true, true}))
	require.Equal(t, latecomers{1, []time.Duration{ms, 2 * ms}}, look([3]bool{true}, [3]bool{false, true, true}), "who is seen together with it may have come later")
	require.Equal(t, latecomers{0, []time.Duration{2 * ms, 2 * ms}}, look([3]bool{false, false, true}, [3]bool{true, true}))
}

func TestTheBestRoundIsKept(t *testing.T) {
	var best latecomers
	none, one := look([3]bool{true, true, true}), look([3]bool{true}, [3]bool{false, true, true})
	for _, round := range []latecomers{none, one, none} {
		best.better(round)
	}
	require.Equal(t, one, best)
	s := best.series("x")
	require.Equal(t, []float64{50, 100}, s.X)
	require.Equal(t, []float64{1e6, 2e6}, s.Y)
}
