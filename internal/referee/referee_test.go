package referee

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWhatIsRefutedIsShrunk(t *testing.T) {
	last := 0
	s := Search{Name: "below a thousand", Tries: 1000, Shrink: 10 * time.Second}
	v, err := s.Run(func(t *rapid.T) {
		if last = rapid.IntRange(0, 1_000_000).Draw(t, "n"); last >= 1000 {
			t.Fatalf("%d", last)
		}
	})
	require.NoError(t, err)
	require.True(t, v.Refuted)
	require.Equal(t, 1000, last, "the shortest comes last")
	require.NotZero(t, v.Seed)
	require.Contains(t, v.Log, "1000")
}

func TestWhatHoldsIsTriedAndLeavesTheSettings(t *testing.T) {
	before := flag.Lookup("rapid.checks").Value.String()
	tries := 0
	v, err := Search{Name: "anything", Tries: 7, Shrink: time.Second}.Run(func(t *rapid.T) {
		rapid.Int().Draw(t, "n")
		tries++
	})
	require.NoError(t, err)
	require.False(t, v.Refuted)
	require.NotZero(t, v.Seed, "the seed is told also when nothing is found")
	require.Equal(t, 7, tries)
	require.Equal(t, before, flag.Lookup("rapid.checks").Value.String())
	require.Equal(t, "0", flag.Lookup("rapid.seed").Value.String())
}
