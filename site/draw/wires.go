package draw

import (
	"cmp"
	"slices"
)

// wire is an arrow between two rows, up or down, with what it carries.
type wire struct {
	upper, lower *card
	up           bool
	lines        []string
	class        string
	from, to     float64 // where it meets the upper and the lower card
	left         bool    // what it carries is said on its left, since another stands on its right
}

// gap is all wires between two rows.
type gap struct {
	row   int // the upper one
	wires []*wire
}

// route sorts the wires so that none crosses another one if it need not: at the upper card they stand in the order of
// the cards that they lead to.
func route(p *plan, bundles []bundle) []gap {
	byRow := map[int]*gap{}
	for _, b := range bundles {
		w := &wire{upper: b.from, lower: b.to, lines: b.lines, class: b.class}
		if b.from.row == b.to.row {
			continue // neighbours of a row tell each other nothing that needs a picture
		}
		if b.from.row > b.to.row {
			w.upper, w.lower, w.up = b.to, b.from, true
		}
		g := byRow[w.lower.row]
		if g == nil {
			g = &gap{row: w.lower.row - 1}
			byRow[w.lower.row] = g
		}
		g.wires = append(g.wires, w)
	}
	var gaps []gap
	for row := range p.rows {
		if g := byRow[row]; g != nil {
			g.attach()
			gaps = append(gaps, *g)
		}
	}
	return gaps
}

func (g *gap) attach() {
	slices.SortStableFunc(g.wires, func(a, b *wire) int {
		up := func(w *wire) int {
			if w.up {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(a.upper.x, b.upper.x), cmp.Compare(a.lower.x, b.lower.x), cmp.Compare(up(a), up(b)))
	})
	atUpper, atLower := map[*card]int{}, map[*card]int{}
	ofUpper, ofLower := map[*card]int{}, map[*card]int{}
	for _, w := range g.wires {
		ofUpper[w.upper]++
		ofLower[w.lower]++
	}
	for _, w := range g.wires {
		w.from = w.upper.cx() + spaced(atUpper[w.upper], ofUpper[w.upper], 46)
		w.to = w.lower.cx() + spaced(atLower[w.lower], ofLower[w.lower], 34)
		w.left = ofLower[w.lower] > 1 && atLower[w.lower] == 0
		atUpper[w.upper]++
		atLower[w.lower]++
		if ofUpper[w.upper] == ofLower[w.lower] && abs(w.from-w.to) < 40 {
			w.from = w.to
		}
	}
}

// spaced gives the i-th of n places around the middle.
func spaced(i, n int, by float64) float64 { return (float64(i) - float64(n-1)/2) * by }

// wires draws a gap. Of those that go left, the leftmost turns first; of those that go right, the rightmost: so they do
// not cross.
func (c *canvas) wires(p *plan, g gap) {
	level := 14.0
	if p.bus(g.row) {
		level = 48
	}
	turns := map[*wire]float64{}
	left, right := 0, 0
	for i, w := range g.wires {
		if w.to < w.from {
			turns[w] = level + 9*float64(left)
			left++
		}
		if last := g.wires[len(g.wires)-1-i]; last.to >= last.from {
			turns[last] = level + 9*float64(right)
			right++
		}
	}
	for _, w := range g.wires {
		y1, y2 := w.upper.y+cardH+grown(*w.upper), w.lower.y
		mid := min(y1+turns[w], y2-boxHead-50)
		points := [][2]float64{{w.from, y1}, {w.from, mid}, {w.to, mid}, {w.to, y2}}
		if w.from == w.to {
			points = [][2]float64{{w.from, y1}, {w.to, y2}}
		}
		if w.up {
			slices.Reverse(points)
		}
		c.arrow("hand "+w.class, points...)
		lines := fit(w.lines, 24)
		y := y2 - boxHead - 4 - 14*float64(len(lines)-1)
		if p.shares(g.row + 1) {
			y -= doorUp + 2 // above the line from the listener
		}
		if w.left {
			c.lines("hand-label end", w.to-9, y, 14, lines)
		} else {
			c.lines("hand-label", w.to+9, y, 14, lines)
		}
	}
}

// shares reports whether several cards of a row accept, so that a line from the listener runs above them.
func (p *plan) shares(row int) bool {
	accepting := 0
	for _, i := range p.rows[row] {
		if p.cards[i].Sum.Accepts > 0 {
			accepting++
		}
	}
	return accepting > 1
}

// bus reports whether requests and answers of a row run below its cards.
func (p *plan) bus(row int) bool {
	serving := 0
	for _, i := range p.rows[max(0, row)] {
		if k := p.cards[i]; k.Sum.Reads+k.Sum.Writes > 0 {
			serving++
		}
	}
	return serving > 1
}
