//go:build linux

package measure

import (
	"bufio"
	"fmt"
	"math"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var sizes = []float64{100, 500, 1000, 2000, 4000, 8000}

func series(f func(float64) float64) []float64 {
	y := make([]float64, len(sizes))
	for i, x := range sizes {
		y[i] = f(x)
	}
	return y
}

// Each law must be recognised by its own fit, and by none of the others.
func TestFitsKnowTheirOwnLaw(t *testing.T) {
	laws := map[string]func(float64) float64{
		"linear":      func(x float64) float64 { return 300 + 40*x },
		"log":         func(x float64) float64 { return 300 + 40*math.Log(x) },
		"exponential": func(x float64) float64 { return 300 * math.Exp(x/1500) },
	}
	for law, f := range laws {
		y := series(f)
		for _, fit := range []Fit{Linear(sizes, y), Log(sizes, y), Exponential(sizes, y)} {
			if fit.Model == law {
				require.Less(t, fit.Error, 1e-6, "%s through %s", fit, law)
				require.InDelta(t, 1, fit.R2, 1e-6)
			} else {
				require.Greater(t, fit.Error, 0.02, "%s through %s", fit, law)
			}
		}
	}
}

func TestLinearFindsTheLineInNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Float64Range(50, 5000).Draw(t, "a")
		b := rapid.Float64Range(1, 500).Draw(t, "b")
		y := series(func(x float64) float64 {
			return (a + b*x) * rapid.Float64Range(0.98, 1.02).Draw(t, "noise")
		})
		fit := Linear(sizes, y)
		require.InEpsilon(t, b, fit.B, 0.1)
		require.Greater(t, fit.R2, 0.99)
	})
}

func TestExponent(t *testing.T) {
	require.InDelta(t, 1, Exponent(sizes, series(func(x float64) float64 { return 7 * x })), 1e-9)
	require.InDelta(t, 0, Exponent(sizes, series(func(x float64) float64 { return 7 })), 1e-9)
	require.InDelta(t, 2, Exponent(sizes, series(func(x float64) float64 { return x * x })), 1e-9)
}

func TestQuantile(t *testing.T) {
	require.Equal(t, 2.0, Median([]float64{3, 1, 2}))
	require.Equal(t, 1.5, Median([]float64{1, 2}))
	require.Equal(t, 3.0, Quantile([]float64{1, 2, 3}, 1))
	require.True(t, math.IsNaN(Median(nil)))
	require.True(t, math.IsInf(Min(nil), 1))
}

// Twice the work must cost about twice the time, per run and so per operation the same.
func TestContestChargesTheWork(t *testing.T) {
	var sink float64
	work := func(n int) func() {
		return func() {
			for i := range n {
				sink += math.Sqrt(float64(i))
			}
		}
	}
	var c Contest
	once, twice := c.Add(1, work(50_000)), c.Add(1, work(100_000))
	perOp := c.Add(2, work(100_000))
	ok := c.Until(20, 5, func(costs []float64) bool {
		ratio, same := costs[twice]/costs[once], costs[perOp]/costs[once]
		return ratio > 1.8 && ratio < 2.2 && same > 0.9 && same < 1.1
	})
	require.True(t, ok, "costs %v", c.Costs())
	require.Len(t, c.Samples(once), len(c.Samples(twice)))
	require.NotZero(t, sink)
}

// Another process's work is charged to its entry, and a process that has ended is an error and not a cost of nothing.
func TestContestChargesAnotherProcess(t *testing.T) {
	child := exec.Command("sh", "-c", "while read n; do i=0; while [ $i -lt $n ]; do i=$((i+1)); done; echo; done")
	in, err := child.StdinPipe()
	require.NoError(t, err)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	answers := bufio.NewReader(out)
	work := func(n int) func() {
		return func() {
			_, _ = fmt.Fprintln(in, n)
			_, _ = answers.ReadString('\n')
		}
	}
	var c Contest
	few, many := c.AddProcess(child.Process.Pid, 1, work(1000)), c.AddProcess(child.Process.Pid, 1, work(20_000))
	require.True(t, c.Until(10, 5, func(costs []float64) bool { return costs[many] > 5*costs[few] }), "costs %v", c.Costs())
	require.NoError(t, c.Err())

	require.NoError(t, in.Close())
	require.NoError(t, child.Wait())
	c.Run(1)
	require.ErrorContains(t, c.Err(), "CPU time of process")
}
