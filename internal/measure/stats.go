//go:build linux

package measure

import (
	"math"
	"slices"
)

// Min gives the least of the samples; +Inf if there are none.
func Min(samples []float64) float64 {
	least := math.Inf(1)
	for _, v := range samples {
		least = min(least, v)
	}
	return least
}

// Median gives the middle sample.
func Median(samples []float64) float64 { return Quantile(samples, 0.5) }

// Quantile gives the value below which the part q (0 … 1) of the samples lies, interpolated; NaN if there are none.
func Quantile(samples []float64, q float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(samples))
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}
