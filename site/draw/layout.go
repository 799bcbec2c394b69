package draw

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/site/stage"
)

// The measures of the picture of an architecture, in units of about a pixel.
const (
	cardW, cardH = 332.0, 116.0
	deckBy       = 6.0  // by how much the cards of a deck are shifted
	boxPad       = 14.0 // between a card and the edge of its process
	boxHead      = 26.0 // for the name of a process
	between      = 22.0 // between cards of a process
	apart        = 46.0 // between processes
	rowGap       = 104.0
	leftMargin   = 214.0
	topMargin    = 34.0
	clientsW     = 74.0
	doorUp       = 12.0 // of the line from the listener, above the processes
)

// card is a group in its place.
type card struct {
	stage.Group
	x, y float64
	row  int
	pid  int // of its process; -1 for a deck of processes

	whose string
}

func (c card) cx() float64 { return c.x + cardW/2 }

// box is a process, around the cards of its threads.
type box struct {
	pid        int
	x, y, w, h float64
	title      string
}

// plan is where everything stands.
type plan struct {
	cards []card
	rows  [][]int // indices into cards
	boxes []box
	w, h  float64
}

func layOut(groups []stage.Group) *plan {
	p := &plan{w: leftMargin, h: topMargin + cardH + boxPad} // the clients stand there, whoever serves them
	tiers := map[int]int{}
	for _, g := range groups {
		row, ok := tiers[g.Tier]
		if !ok {
			row = len(p.rows)
			tiers[g.Tier] = row
			p.rows = append(p.rows, nil)
		}
		c := card{Group: g, row: row, pid: g.Actors[0].PID}
		if g.Processes() > 1 {
			c.pid = -1
		}
		p.cards = append(p.cards, c)
		p.rows[row] = append(p.rows[row], len(p.cards)-1)
	}
	for row, indices := range p.rows {
		slices.SortStableFunc(indices, func(a, b int) int { return cmp.Compare(p.order(a), p.order(b)) })
		p.place(row, indices)
	}
	p.align()
	p.enclose()
	return p
}

// order keeps the cards of a process together, the first process first.
func (p *plan) order(i int) int {
	for at, c := range p.cards {
		if c.pid == p.cards[i].pid {
			return at
		}
	}
	return i
}

func (p *plan) place(row int, indices []int) {
	x := leftMargin
	for n, i := range indices {
		c := &p.cards[i]
		if n > 0 {
			x += between
			if prev := p.cards[indices[n-1]]; prev.pid != c.pid || c.pid < 0 {
				x += apart - between
			}
		}
		c.x, c.y = x, topMargin+boxHead+float64(row)*(cardH+rowGap)
		x += cardW
	}
	p.w = max(p.w, x+boxPad+deckBy*2+6)
	p.h = topMargin + boxHead + float64(row+1)*(cardH+rowGap) - rowGap + boxPad + deckBy*2 + 24
}

// align puts rows of one card in the middle of the widest.
func (p *plan) align() {
	for _, indices := range p.rows {
		last := p.cards[indices[len(indices)-1]]
		shift := (p.w - boxPad - deckBy*2 - 6 - last.x - cardW) / 2
		for _, i := range indices {
			p.cards[i].x += shift
		}
	}
}

// enclose draws a box around the cards of each process.
func (p *plan) enclose() {
	at := map[int]int{}
	for _, c := range p.cards {
		grow := 0.0
		if len(c.Actors) > 1 {
			grow = 2 * deckBy
		}
		x1, y1 := c.x-boxPad, c.y-boxHead
		x2, y2 := c.x+cardW+boxPad+grow, c.y+cardH+boxPad+grow
		i, known := at[c.pid]
		if !known || c.pid < 0 {
			at[c.pid] = len(p.boxes)
			p.boxes = append(p.boxes, box{pid: c.pid, x: x1, y: y1, w: x2 - x1, h: y2 - y1})
			continue
		}
		b := &p.boxes[i]
		right, bottom := max(b.x+b.w, x2), max(b.y+b.h, y2)
		b.x, b.y = min(b.x, x1), min(b.y, y1)
		b.w, b.h = right-b.x, bottom-b.y
	}
}

func (p *plan) cardOf(a *stage.Actor) *card {
	for i := range p.cards {
		if p.cards[i].Has(a) {
			return &p.cards[i]
		}
	}
	return nil
}
