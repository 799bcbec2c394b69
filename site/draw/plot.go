package draw

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/iospec/iospec/report"
)

const (
	plotW, plotH = 860.0, 340.0
	plotL, plotR = 76.0, 206.0
	plotT, plotB = 18.0, 54.0
	barRow       = 24.0
	barLabels    = 200.0
)

// Plot draws curves over what they are measured at; series of one value each become bars. Where what they are measured at
// spans more than a factor of 30, both axes are logarithmic, so that a straight line is a power; else neither is.
func Plot(title string, curves []report.Series) string {
	single := true
	for _, s := range curves {
		single = single && len(s.X) == 1
	}
	if single {
		return bars(title, curves)
	}
	c := &canvas{width: plotW, height: plotH}
	x, y := newScale(plotL, plotW-plotR), newScale(plotH-plotB, plotT)
	for _, s := range curves {
		for i := range s.X {
			x.see(s.X[i])
			y.see(s.Y[i])
		}
	}
	x.log = x.low > 0 && x.high/x.low > 30
	y.log = x.log && y.low > 0
	x.settle()
	y.settle()
	for _, v := range y.ticks() {
		c.line("grid", plotL, y.at(v), plotW-plotR, y.at(v))
		c.text("plot-label end", plotL-8, y.at(v)+4, amount(v, curves[0].YUnit))
	}
	for _, v := range x.ticks() {
		c.line("tick", x.at(v), plotH-plotB, x.at(v), plotH-plotB+5)
		c.text("plot-label middle", x.at(v), plotH-plotB+20, amount(v, ""))
	}
	c.path("plot-axis", fmt.Sprintf("M%s %sV%sH%s", num(plotL), num(plotT), num(plotH-plotB), num(plotW-plotR)))
	c.text("plot-label middle", (plotL+plotW-plotR)/2, plotH-12, curves[0].XUnit+logNote(x)+verticalNote(y))
	c.curves(curves, x, y)
	return c.svg("plot", describePlot(title, curves))
}

func logNote(s *scale) string {
	if s.log {
		return " (each step is a multiple)"
	}
	return ""
}

func verticalNote(y *scale) string {
	if y.log {
		return "; upwards, too, each step is a multiple"
	}
	return ""
}

func (c *canvas) curves(curves []report.Series, x, y *scale) {
	for i, s := range curves {
		var d strings.Builder
		for k := range s.X {
			op := "L"
			if k == 0 {
				op = "M"
			}
			fmt.Fprintf(&d, "%s%s %s", op, num(x.at(s.X[k])), num(y.at(s.Y[k])))
		}
		c.path(fmt.Sprintf("curve s%d%s", i%6, again(i)), d.String())
		for k := range s.X {
			c.circle(fmt.Sprintf("point f%d", i%6), x.at(s.X[k]), y.at(s.Y[k]), 4)
		}
	}
	c.names(curves, y)
}

// again tells curves of one colour apart.
func again(i int) string { return []string{"", " second", " third"}[i/6%3] }

// names writes the curves' names on the right, at their ends if there is room, and in their order in any case.
func (c *canvas) names(curves []report.Series, y *scale) {
	const step = 15.0
	end := func(i int) float64 { s := curves[i]; return y.at(s.Y[len(s.Y)-1]) }
	order := make([]int, len(curves))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(end(a), end(b)) })
	at := make([]float64, len(order))
	for k, i := range order {
		at[k] = end(i)
		if k > 0 {
			at[k] = max(at[k], at[k-1]+step)
		}
	}
	lowest := plotH - plotB
	for k := len(at) - 1; k >= 0; k-- { // those that were pushed out push the others up
		at[k] = min(at[k], lowest)
		lowest = at[k] - step
	}
	for k, i := range order {
		c.line(fmt.Sprintf("leader s%d%s", i%6, again(i)), plotW-plotR+4, end(i), plotW-plotR+18, at[k])
		c.text(fmt.Sprintf("curve-name f%d", i%6), plotW-plotR+22, at[k]+4, curves[i].Name)
	}
}

// bars draws a bar for each series, with its value behind it.
func bars(title string, curves []report.Series) string {
	c := &canvas{width: plotW, height: plotT + barRow*float64(len(curves)) + 44}
	v := newScale(barLabels, plotW-90)
	for _, s := range curves {
		v.see(s.Y[0])
	}
	v.log = v.low > 0 && v.high/v.low > 100
	v.settle()
	for i, s := range curves {
		y := plotT + barRow*float64(i)
		c.text("plot-label end", barLabels-10, y+15, s.Name)
		c.rect("bar f3", barLabels, y+3, max(1.5, v.at(s.Y[0])-barLabels), barRow-8, 3)
		c.text("curve-name", max(barLabels+1.5, v.at(s.Y[0]))+7, y+15, amount(s.Y[0], s.YUnit))
	}
	note := curves[0].YUnit
	if curves[0].X[0] > 0 && curves[0].XUnit != "" {
		note += fmt.Sprintf(", with %s %s", amount(curves[0].X[0], ""), curves[0].XUnit)
	}
	if v.log {
		note += "; each step to the right is a multiple"
	}
	c.text("plot-label", barLabels, c.height-14, note)
	return c.svg("plot", describePlot(title, curves))
}

func describePlot(title string, curves []report.Series) string {
	var names []string
	for _, s := range curves {
		last := len(s.X) - 1
		names = append(names, fmt.Sprintf("%s: %s at %s", s.Name, amount(s.Y[last], s.YUnit), amount(s.X[last], "")))
	}
	return title + ". " + strings.Join(names, "; ")
}

// scale maps values to places.
type scale struct {
	from, to  float64
	low, high float64
	log       bool
}

func newScale(from, to float64) *scale {
	return &scale{from: from, to: to, low: math.Inf(1), high: math.Inf(-1)}
}

func (s *scale) see(v float64) { s.low, s.high = min(s.low, v), max(s.high, v) }

// settle gives the ends some room. A scale that is not logarithmic begins at zero.
func (s *scale) settle() {
	switch {
	case s.log:
		s.low, s.high = s.low/1.3, s.high*1.2
		return
	case s.low > 0:
		s.low = 0
	}
	if s.high <= s.low {
		s.high = s.low + 1
	}
	s.high += 0.04 * (s.high - s.low)
}

func (s *scale) at(v float64) float64 {
	part := (v - s.low) / (s.high - s.low)
	if s.log {
		part = math.Log(v/s.low) / math.Log(s.high/s.low)
	}
	return s.from + part*(s.to-s.from)
}

// ticks are round values: multiples of 1, 2 or 5 times a power of ten.
func (s *scale) ticks() []float64 {
	var out []float64
	if s.log {
		for e := math.Floor(math.Log10(s.low)); e <= math.Log10(s.high); e++ {
			for _, k := range []float64{1, 3} {
				if v := k * math.Pow(10, e); v >= s.low && v <= s.high {
					out = append(out, v)
				}
			}
		}
		return out
	}
	raw := (s.high - s.low) / 5
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := unit
	for _, k := range []float64{2, 5, 10} {
		if step < raw {
			step = k * unit
		}
	}
	for v := math.Ceil(s.low/step) * step; v <= s.high; v += step {
		out = append(out, v)
	}
	return out
}

// amount writes a value as people say it: 194 µs rather than 194178 ns.
func amount(v float64, unit string) string {
	switch {
	case unit == "ns" && v >= 1e6:
		return short(v/1e6) + " ms"
	case unit == "ns" && v >= 1e3:
		return short(v/1e3) + " µs"
	case unit == "bytes" && v >= 1<<20:
		return short(v/(1<<20)) + " MiB"
	case unit == "bytes" && v >= 1<<10:
		return short(v/(1<<10)) + " KiB"
	case unit == "ns" || unit == "bytes":
		return short(v) + " " + unit
	default:
		return short(v)
	}
}

func short(v float64) string {
	switch {
	case v >= 100 || v == math.Trunc(v):
		return count(int(math.Round(v)))
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
