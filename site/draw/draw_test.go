package draw

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/site/stage"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// wellFormed demands that a picture is XML, and that nothing of it lies outside.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(svg))
	var w, h float64
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err, svg)
		el, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		a := map[string]string{}
		for _, attr := range el.Attr {
			a[attr.Name.Local] = attr.Value
		}
		if el.Name.Local == "svg" {
			w, h = number(t, a["width"]), number(t, a["height"])
			require.NotEmpty(t, a["aria-label"])
			require.Equal(t, "img", a["role"])
		}
		if el.Name.Local == "rect" {
			require.LessOrEqual(t, number(t, a["x"])+number(t, a["width"]), w+1, "%v", a)
			require.LessOrEqual(t, number(t, a["y"])+number(t, a["height"]), h+1, "%v", a)
			require.Positive(t, number(t, a["width"]), "%v", a)
		}
	}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return f
}

// handsOver is a server with n sub-reactors.
func handsOver(n, clients int) *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	var subs []*tracetest.Thread
	var eps []trace.Object
	for range n {
		sub := main.Spawn()
		subs, eps = append(subs, sub), append(eps, sub.Epoll())
	}
	for i, c := range s.Connects(clients, "short") {
		main.Wait(ep, tracetest.Listener).Accept(c)
		sub, own := subs[i%n], eps[i%n]
		sub.Add(own, c, trace.In)
		c.Ask(10)
		sub.Wait(own, c).Read(c, 10)
		sub.Write(c, 10)
		c.Answered()
		c.Leaves()
	}
	return s.End()
}

func TestPicturesAreWellFormed(t *testing.T) {
	for _, subs := range []int{1, 2, 3, 4, 9} {
		s := stage.New(handsOver(subs, 12))
		svg := Architecture(s)
		wellFormed(t, svg)
		require.Contains(t, svg, "Main reactor")
		require.Equal(t, svg, Architecture(stage.New(handsOver(subs, 12))), "the same recording, the same bytes")
		wellFormed(t, Timeline(s.One(), "one"))
		wellFormed(t, Interest(s))
	}
	wellFormed(t, Architecture(stage.New(tracetest.New().End())))
	require.Empty(t, Interest(stage.New(tracetest.New().End())))
}

func TestAPictureSaysWhatItShows(t *testing.T) {
	require.Equal(t,
		"Accepts: main reactor. Waits: main reactor, sub-reactor 1, sub-reactor 2. Reads: sub-reactor 1, sub-reactor 2. "+
			"Works: sub-reactor 1, sub-reactor 2. Writes: sub-reactor 1, sub-reactor 2.",
		Sentence(stage.New(handsOver(2, 4))))
}

// TestTimeNeverRunsBackwards: whatever is on a time line, later is further to the right, and the labels of a lane do not
// run into each other.
func TestTimeNeverRunsBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := &stage.Scene{From: 0, Until: 1_000_000_000}
		for range rapid.IntRange(1, 40).Draw(t, "acts") {
			from := trace.Time(rapid.Int64Range(0, int64(sc.Until)-1).Draw(t, "from"))
			sc.Acts = append(sc.Acts, stage.Act{
				Lane: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "lane"), Text: strings.Repeat("x", rapid.IntRange(0, 30).Draw(t, "text")),
				From: from, Until: from + trace.Time(rapid.Int64Range(0, int64(sc.Until-from)).Draw(t, "long")),
			})
		}
		x := newAxis(sc, 100)
		for i := 1; i < len(x.moments); i++ {
			require.Greater(t, x.at[x.moments[i]], x.at[x.moments[i-1]])
		}
		for _, a := range sc.Acts {
			for _, b := range sc.Acts {
				if a.Lane == b.Lane && a.From < b.From {
					require.GreaterOrEqual(t, x.at[b.From]-x.at[a.From], charW*float64(len(a.Text)))
				}
			}
		}
	})
}

var cy = regexp.MustCompile(`cy="([0-9.]+)"`)

func TestPlots(t *testing.T) {
	rising := report.Series{Of: "cost", Name: "select", XUnit: "descriptors", YUnit: "ns", X: []float64{250, 1000, 4000}, Y: []float64{10_000, 40_000, 160_000}}
	svg := Plot("cost", []report.Series{rising, {Of: "cost", Name: "epoll", XUnit: "descriptors", YUnit: "ns", X: []float64{250, 4000}, Y: []float64{500, 500}}})
	wellFormed(t, svg)
	require.Contains(t, svg, "select: 160 µs at 4000")
	ys := cy.FindAllStringSubmatch(svg, -1)
	require.Len(t, ys, 5, "a point for each value")
	require.Greater(t, number(t, ys[0][1]), number(t, ys[2][1]), "more is higher")
	require.Equal(t, ys[3][1], ys[4][1], "the same is level")

	bars := Plot("memory", []report.Series{
		{Name: "fork", YUnit: "bytes", XUnit: "clients", X: []float64{300}, Y: []float64{232021}},
		{Name: "epoll", YUnit: "bytes", XUnit: "clients", X: []float64{300}, Y: []float64{65}},
	})
	wellFormed(t, bars)
	require.Contains(t, bars, "227 KiB")
}

func TestScalesKeepTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0.001, 1e12), 2, 20).Draw(t, "values")
		s := newScale(0, 100)
		s.log = rapid.Bool().Draw(t, "log")
		for _, v := range values {
			s.see(v)
		}
		s.settle()
		for _, v := range values {
			require.GreaterOrEqual(t, s.at(v), -0.001)
			require.LessOrEqual(t, s.at(v), 100.001)
			for _, w := range values {
				if v < w {
					require.LessOrEqual(t, s.at(v), s.at(w))
				}
			}
		}
		for _, tick := range s.ticks() {
			require.LessOrEqual(t, s.at(tick), 100.001)
		}
	})
}

func TestWrap(t *testing.T) {
	require.Equal(t, []string{"115 connections,", "each inherited"}, wrap("115 connections, each inherited", 16))
	require.Equal(t, "12\u2009345", count(12345))
}
