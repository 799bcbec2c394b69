//go:build linux

package steps

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// numbers reads a list such as "29, 30, 31" out of a step's sentence.
func numbers(list string) []int {
	var out []int
	for word := range strings.SplitSeq(list, ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(word)); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// floats gives the numbers as a fit takes them.
func floats(ints []int) []float64 {
	out := make([]float64, len(ints))
	for i, n := range ints {
		out[i] = float64(n)
	}
	return out
}

// increments gives the differences of neighbours.
func increments(v []float64) []float64 {
	var out []float64
	for i := range len(v) - 1 {
		out = append(out, v[i+1]-v[i])
	}
	return out
}

// factors gives each value but the first divided by the one before.
func factors(v []float64) []float64 {
	var out []float64
	for i := range len(v) - 1 {
		out = append(out, v[i+1]/v[i])
	}
	return out
}

// spread is the largest of the values divided by the smallest, which must be positive: otherwise it is infinite.
func spread(v []float64) float64 {
	if slices.Min(v) <= 0 {
		return math.Inf(1)
	}
	return slices.Max(v) / slices.Min(v)
}

func scaled(v []float64, by float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = v[i] * by
	}
	return out
}

func products(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] * b[i]
	}
	return out
}
