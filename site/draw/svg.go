// Package draw makes the pictures of the site: architectures and time lines, from a stage, and plots, from numbers. They
// are SVG that takes its colours from the page's style sheet, so that they are readable in light and dark, and they are
// the same bytes for the same recording.
//
//	svg.go           shapes and text
//	architecture.go  who takes part, and what passes between them
//	layout.go        where they stand
//	timeline.go      who did what when, a lane for each thread
//	axis.go          a time axis that gives short moments room
//	plot.go          curves and bars
package draw

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// canvas collects the shapes of a picture.
type canvas struct {
	strings.Builder
	width, height float64
}

func (c *canvas) tag(format string, args ...any) { fmt.Fprintf(&c.Builder, format+"\n", args...) }

// num writes a coordinate, with a tenth at most.
func num(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

func (c *canvas) rect(class string, x, y, w, h, r float64) {
	c.tag(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`, class, num(x), num(y), num(w), num(h), num(r))
}

func (c *canvas) text(class string, x, y float64, text string) {
	c.tag(`<text class="%s" x="%s" y="%s">%s</text>`, class, num(x), num(y), html.EscapeString(text))
}

func (c *canvas) path(class, d string) { c.tag(`<path class="%s" d="%s"/>`, class, d) }

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.path(class, fmt.Sprintf("M%s %sL%s %s", num(x1), num(y1), num(x2), num(y2)))
}

func (c *canvas) circle(class string, x, y, r float64) {
	c.tag(`<circle class="%s" cx="%s" cy="%s" r="%s"/>`, class, num(x), num(y), num(r))
}

// arrow draws a polyline with round corners and a head at its end.
func (c *canvas) arrow(class string, points ...[2]float64) {
	c.path(class, corners(points, 8))
	n := len(points)
	c.head(class, points[n-2], points[n-1])
}

// both draws an arrow with a head at each end.
func (c *canvas) both(class string, points ...[2]float64) {
	c.arrow(class, points...)
	c.head(class, points[1], points[0])
}

// head draws the point of an arrow that comes from one place and ends at another, along an axis.
func (c *canvas) head(class string, from, to [2]float64) {
	const l, w = 8.0, 4.5
	x, y := to[0], to[1]
	var d string
	switch {
	case from[0] < x:
		d = fmt.Sprintf("M%s %sl%s %sv%sz", num(x), num(y), num(-l), num(-w), num(2*w))
	case from[0] > x:
		d = fmt.Sprintf("M%s %sl%s %sv%sz", num(x), num(y), num(l), num(-w), num(2*w))
	case from[1] < y:
		d = fmt.Sprintf("M%s %sl%s %sh%sz", num(x), num(y), num(-w), num(-l), num(2*w))
	default:
		d = fmt.Sprintf("M%s %sl%s %sh%sz", num(x), num(y), num(-w), num(l), num(2*w))
	}
	c.path("head "+class, d)
}

func corners(points [][2]float64, r float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", num(points[0][0]), num(points[0][1]))
	for i := 1; i < len(points)-1; i++ {
		p, at, q := points[i-1], points[i], points[i+1]
		in, out := toward(at, p, r), toward(at, q, r)
		fmt.Fprintf(&b, "L%s %sQ%s %s %s %s", num(in[0]), num(in[1]), num(at[0]), num(at[1]), num(out[0]), num(out[1]))
	}
	last := points[len(points)-1]
	fmt.Fprintf(&b, "L%s %s", num(last[0]), num(last[1]))
	return b.String()
}

// toward goes from a corner some way to a neighbour, along an axis, and no further than half of it.
func toward(at, to [2]float64, r float64) [2]float64 {
	dx, dy := to[0]-at[0], to[1]-at[1]
	length := max(abs(dx), abs(dy))
	if length == 0 {
		return at
	}
	k := min(r, length/2) / length
	return [2]float64{at[0] + dx*k, at[1] + dy*k}
}

func abs(f float64) float64 { return max(f, -f) }

// lines writes text line under line.
func (c *canvas) lines(class string, x, y, step float64, lines []string) {
	for i, l := range lines {
		c.text(class, x, y+float64(i)*step, l)
	}
}

// svg closes the picture. What it shows is said in words, for those who do not see it.
func (c *canvas) svg(class, title string) string {
	return fmt.Sprintf("<svg class=\"%s\" viewBox=\"0 0 %s %s\" width=\"%s\" height=\"%s\" role=\"img\" aria-label=\"%s\">\n%s</svg>\n",
		class, num(c.width), num(c.height), num(c.width), num(c.height), html.EscapeString(title), c.String())
}

// wrap breaks text into lines of at most n characters, at spaces.
func wrap(text string, n int) []string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > n {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// count writes a number with thin spaces between thousands.
func count(n int) string {
	s := strconv.Itoa(n)
	if len(s) <= 4 {
		return s
	}
	return s[:len(s)-3] + "\u2009" + s[len(s)-3:]
}

// plural counts things, in English.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

func escape(text string) string { return html.EscapeString(text) }
