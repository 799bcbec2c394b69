package proactor

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestFifo holds that what is put comes out in that order, and that a queue which is never empty does not grow.
func TestFifo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f fifo[int]
		put, taken := 0, 0
		t.Repeat(map[string]func(*rapid.T){
			"put": func(*rapid.T) {
				put++
				f.put(put)
			},
			"take": func(t *rapid.T) {
				item, ok := f.take()
				require.Equal(t, taken < put, ok)
				if ok {
					taken++
					require.Equal(t, taken, item)
				}
			},
			"": func(t *rapid.T) { require.Equal(t, put-taken, f.len()) },
		})
	})
	var f fifo[int]
	f.put(0)
	for i := range 100_000 {
		f.put(i + 1)
		item, ok := f.take()
		require.True(t, ok)
		require.Equal(t, i, item)
	}
	require.Less(t, cap(f.items), 100)
}
