package draw

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/iospec/iospec/site/stage"
	"github.com/iospec/iospec/trace"
)

// axis gives each moment its place. Time on it is stretched: every moment at which something begins or ends gets room,
// and a long pause gets little more than a short one, so that an exchange of microseconds can be read beside a sleep of
// milliseconds. The real times are written under it.
type axis struct {
	at map[trace.Time]float64
	// moments, by time
	moments []trace.Time
}

const (
	leastStep = 9.0
	mostStep  = 54.0
	charW     = 6.5 // of a label
)

func newAxis(sc *stage.Scene, left float64) *axis {
	x := &axis{at: map[trace.Time]float64{}}
	add := func(t trace.Time) { x.moments = append(x.moments, t) }
	for _, a := range sc.Acts {
		add(a.From)
		add(a.Until)
	}
	for _, h := range sc.Hops {
		add(max(sc.From, h.Sent))
		add(min(sc.Until, h.Received))
	}
	slices.Sort(x.moments)
	x.moments = slices.Compact(x.moments)
	starts := map[trace.Time][]stage.Act{}
	for _, a := range sc.Acts {
		starts[a.From] = append(starts[a.From], a)
	}
	free := map[string]float64{} // where the next label of a lane may begin
	pos := left
	for i, t := range x.moments {
		if i > 0 {
			pos += step(t - x.moments[i-1])
		}
		for _, a := range starts[t] {
			pos = max(pos, free[a.Lane])
		}
		for _, a := range starts[t] {
			free[a.Lane] = max(free[a.Lane], pos+max(charW*float64(len([]rune(a.Text)))+22, 26))
		}
		x.at[t] = pos
	}
	return x
}

// step is the room for a pause: growing with its logarithm.
func step(dt trace.Time) float64 {
	us := float64(dt) / float64(time.Microsecond)
	return min(mostStep, leastStep+5.5*math.Log2(1+us/4))
}

func (x *axis) end() float64 {
	if len(x.moments) == 0 {
		return 0
	}
	return x.at[x.moments[len(x.moments)-1]]
}

// ticks are moments far enough apart to be labelled.
func (x *axis) ticks(apart float64) []trace.Time {
	var out []trace.Time
	last := math.Inf(-1)
	for _, t := range x.moments {
		if x.at[t]-last >= apart {
			out = append(out, t)
			last = x.at[t]
		}
	}
	return out
}

// place is where a moment is, also one that is none of the axis' own.
func (x *axis) place(t trace.Time) float64 {
	if p, ok := x.at[t]; ok {
		return p
	}
	i, _ := slices.BinarySearchFunc(x.moments, t, cmp.Compare[trace.Time])
	return x.at[x.moments[min(i, len(x.moments)-1)]]
}
