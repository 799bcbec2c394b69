package english

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"0 threads":           Count(0, "thread"),
		"1 thread":            Count(1, "thread"),
		"1 process":           Count(1, "process"),
		"2 processes":         Count(2, "process"),
		"3 children":          Count(3, "child"),
		"1 serving process":   Count(1, "serving process"),
		"-1 tasks":            Count(-1, "task"),
		"2 serving processes": Count(2, "serving process"),
	} {
		require.Equal(t, want, got)
	}
}

func TestList(t *testing.T) {
	require.Equal(t, "", List([]int{}, "%d"))
	require.Equal(t, "100", List([]int{100}, "%d"))
	require.Equal(t, "100 and 200", List([]int{100, 200}, "%d"))
	require.Equal(t, "1.0, 2.5 and 3.0", List([]float64{1, 2.5, 3}, "%.1f"))
}
