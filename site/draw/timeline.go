package draw

import (
	"fmt"
	"strings"
	"time"

	"github.com/iospec/iospec/site/stage"
	"github.com/iospec/iospec/trace"
)

const (
	laneH   = 50.0
	gutter  = 158.0
	barH    = 17.0
	axisTop = 14.0
)

// Timeline draws a scene: a lane for each client and each thread, a bar for each thing done, from left to right as it
// happened.
func Timeline(sc *stage.Scene, title string) string {
	c := &canvas{}
	x := newAxis(sc, gutter+10)
	row := map[string]int{}
	for i, l := range sc.Lanes {
		row[l.Key] = i
	}
	c.width = x.end() + 90
	c.height = axisTop + laneH*float64(len(sc.Lanes)) + 34
	for i, l := range sc.Lanes {
		y := axisTop + laneH*float64(i)
		class := "lane"
		if i%2 == 1 {
			class = "lane odd"
		}
		c.rect(class, 0, y, c.width, laneH, 0)
		c.text("lane-name", 10, y+22, l.Name)
		c.text("lane-note", 10, y+38, l.Note)
	}
	c.line("axis", gutter, axisTop, gutter, c.height-34)
	for _, h := range sc.Hops {
		c.hop(x, row, h, sc)
	}
	for _, a := range sc.Acts {
		c.act(x, row[a.Lane], a)
	}
	for _, t := range x.ticks(78) {
		c.line("tick", x.at[t], c.height-34, x.at[t], c.height-28)
		c.text("tick-label middle", x.at[t], c.height-13, since(t-sc.From))
	}
	return c.svg("timeline", title)
}

var signs = map[string]string{"accept": "●", "wait": "◇", "read": "←", "write": "→", "work": "⚙", "close": "×", "hand": "⇢", "client": "", "other": "+"}

func (c *canvas) act(x *axis, row int, a stage.Act) {
	from, until := x.place(a.From), x.place(a.Until)
	y := axisTop + laneH*float64(row)
	w := max(until-from, 5)
	class := "act " + a.Kind
	if a.Open {
		class += " open"
	}
	c.tag(`<g><title>%s</title>`, escape(describe(a)))
	c.rect(class, from, y+24, w, barH, 3)
	c.text("act-label", from, y+18, strings.TrimSpace(signs[a.Kind]+" "+a.Text))
	c.tag(`</g>`)
}

func describe(a stage.Act) string {
	took := since(a.Until - a.From)
	if a.Open {
		return a.Text + ", " + took + " of it shown"
	}
	return a.Text + ", " + took
}

func (c *canvas) hop(x *axis, row map[string]int, h stage.Hop, sc *stage.Scene) {
	a, okA := row[h.From]
	b, okB := row[h.To]
	if !okA || !okB || a == b {
		return
	}
	x1, x2 := x.place(max(sc.From, h.Sent)), x.place(min(sc.Until, h.Received))
	y1 := axisTop + laneH*float64(a) + 24 + barH
	y2 := axisTop + laneH*float64(b) + 24
	if b < a {
		y1, y2 = axisTop+laneH*float64(a)+24, axisTop+laneH*float64(b)+24+barH
	}
	c.path("hop "+h.Kind, fmt.Sprintf("M%s %sC%s %s %s %s %s %s", num(x1), num(y1), num(x1), num((y1+y2)/2), num(x2), num((y1+y2)/2), num(x2), num(y2)))
	c.head("hop "+h.Kind, [2]float64{x2, y1}, [2]float64{x2, y2})
}

// since writes a short time as people say it.
func since(t trace.Time) string {
	d := time.Duration(t)
	switch {
	case d < 100*time.Millisecond:
		return count(int(d.Microseconds())) + " µs"
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	default:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
}
