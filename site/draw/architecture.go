package draw

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/iospec/iospec/site/stage"
)

// Architecture draws who takes part and what passes between them. Every picture has the same grammar: the clients stand
// on the left; each card is a thread, with five places in which it says what it does; a box is a process; arrows are
// what is handed over. What a participant does not do stays empty, so that architectures can be compared at a glance.
func Architecture(s *stage.Stage) string {
	c := &canvas{}
	p := layOut(s.Groups())
	c.width, c.height = p.w, p.h
	for i := range p.boxes {
		p.boxes[i].title = boxTitle(s, p, p.boxes[i])
		b := p.boxes[i]
		c.rect("process", b.x, b.y, b.w, b.h, 14)
	}
	c.clients(s, p)
	for _, gap := range route(p, merge(s, p)) {
		c.wires(p, gap)
	}
	for _, b := range p.boxes {
		c.text("process-name", b.x+boxPad, b.y+17, b.title)
	}
	for i := range p.cards {
		p.cards[i].whose = whose(s, p.cards[i].Group)
		c.card(&p.cards[i])
	}
	return c.svg("architecture", Sentence(s))
}

func boxTitle(s *stage.Stage, p *plan, b box) string {
	if b.pid == 0 {
		return "inside the kernel"
	}
	if b.pid >= 0 {
		title := fmt.Sprintf("process %d", b.pid)
		if n := s.Idle[b.pid]; n > 0 {
			title += fmt.Sprintf(" · %s no part in this", plural(n, "more thread takes", "more threads take"))
		}
		return title
	}
	for _, c := range p.cards {
		if c.pid < 0 && c.x-boxPad == b.x {
			return fmt.Sprintf("%d processes, all alike", c.Processes())
		}
	}
	return ""
}

// slots are the five places of a card, in the order in which a request meets them.
var slots = []struct {
	role, sign, word string
	n                func(*stage.Actor) int
}{
	{"accept", "●", "accepts", func(a *stage.Actor) int { return a.Accepts }},
	{"wait", "◇", "waits", func(a *stage.Actor) int { return a.Waits }},
	{"read", "←", "reads", func(a *stage.Actor) int { return a.Reads }},
	{"work", "⚙", "works", func(a *stage.Actor) int { return a.Works }},
	{"write", "→", "writes", func(a *stage.Actor) int { return a.Writes }},
}

func (c *canvas) card(k *card) {
	if n := len(k.Actors); n > 1 {
		c.rect("card behind", k.x+2*deckBy, k.y+2*deckBy, cardW, cardH, 10)
		c.rect("card behind", k.x+deckBy, k.y+deckBy, cardW, cardH, 10)
	}
	c.rect("card", k.x, k.y, cardW, cardH, 10)
	c.text("actor", k.x+12, k.y+22, heading(k.Group))
	c.text("tid end", k.x+cardW-12, k.y+22, k.whose)
	w := (cardW - 24) / float64(len(slots))
	for i, s := range slots {
		c.slot(k, i, k.x+12+float64(i)*w, k.y+34, w-5, s.n(&k.Sum))
	}
	c.lines("sleeps", k.x+12, k.y+91, 15, wrap(k.Waiting()+k.Serving(), 58))
}

func whose(s *stage.Stage, g stage.Group) string {
	switch {
	case len(g.Actors) > 1 && g.Processes() > 1:
		return ""
	case len(g.Actors) > 1:
		return "threads of one process"
	default:
		return s.Place(g.Actors[0])
	}
}

func heading(g stage.Group) string {
	if n := len(g.Actors); n > 1 {
		return fmt.Sprintf("%d %s", n, strings.ToLower(g.Name[:1])+g.Name[1:])
	}
	return g.Name
}

func (c *canvas) slot(k *card, i int, x, y, w float64, n int) {
	s := slots[i]
	blocks := s.role == "wait" && n == 0 && sleepsInCall(k.Group)
	unseen := s.role == "wait" && n == 0 && !blocks && k.Unseen()
	if n == 0 && !blocks && !unseen {
		c.rect("slot off", x, y, w, 40, 6)
		c.text("slot-word off middle", x+w/2, y+17, s.word)
		c.text("slot-word off middle", x+w/2, y+32, "–")
		return
	}
	c.rect("slot "+s.role, x, y, w, 40, 6)
	c.text("slot-word middle", x+w/2, y+15, s.sign+" "+s.word)
	value := count(n)
	switch {
	case blocks:
		value = "in call"
	case unseen:
		value = "unseen"
	}
	if k.Sum.Guessed && s.role == "work" {
		value = "≈ " + value
	}
	c.text("slot-count middle", x+w/2, y+32, value)
}

// sleepsInCall reports whether the group waits inside the call that does the thing itself: blocking I/O.
func sleepsInCall(g stage.Group) bool { return len(g.Sum.BlocksIn) > 0 && len(g.Sum.WaitsFor) == 0 }

// clients draws the clients, the listener, and what goes between them and the cards.
func (c *canvas) clients(s *stage.Stage, p *plan) {
	top, bottom := topMargin, p.h-16
	c.rect("clients", 8, top, clientsW, bottom-top, 14)
	c.text("clients-count middle", 8+clientsW/2, top+24, count(s.Clients))
	c.text("clients-word middle", 8+clientsW/2, top+40, "clients")
	for y := top + 56; y < bottom-10; y += 14 {
		for x := 22.0; x < clientsW; x += 15 {
			c.circle("client", x+1, y, 3)
		}
	}
	for row := range p.rows {
		c.door(s, p, row)
	}
	for row := range p.rows {
		c.traffic(p, row)
	}
}

// door draws the listener before the cards that accept.
func (c *canvas) door(s *stage.Stage, p *plan, row int) {
	var accepting []card
	for _, i := range p.rows[row] {
		if p.cards[i].Sum.Accepts > 0 {
			accepting = append(accepting, p.cards[i])
		}
	}
	if len(accepting) == 0 {
		return
	}
	y := accepting[0].y + 30
	x := 8 + clientsW
	word := "listener"
	if n := len(s.Listeners); n > 1 {
		word = fmt.Sprintf("%d listeners", n)
		c.rect("listener", x+33, y-11, 82, 26, 13)
	}
	c.arrow("flow accept", [2]float64{x, y}, [2]float64{x + 28, y})
	c.rect("listener", x+29, y-14, 82, 28, 14)
	c.text("listener-word middle", x+70, y+4.5, word)
	if len(accepting) == 1 {
		c.text("flow-label middle", x+70, y-20, "connect")
		c.arrow("flow accept", [2]float64{x + 111, y}, [2]float64{accepting[0].x, y})
		return
	}
	c.text("flow-label end", x+62, y-20, "connect")
	bus := accepting[0].y - boxHead - doorUp
	for _, k := range accepting {
		c.arrow("flow accept", [2]float64{x + 70, y - 14}, [2]float64{x + 70, bus}, [2]float64{k.cx() + 40, bus}, [2]float64{k.cx() + 40, k.y})
	}
}

// traffic draws requests and answers.
func (c *canvas) traffic(p *plan, row int) {
	var serving []card
	for _, i := range p.rows[row] {
		if k := p.cards[i]; k.Sum.Reads+k.Sum.Writes > 0 {
			serving = append(serving, k)
		}
	}
	if len(serving) == 0 {
		return
	}
	x, y := 8+clientsW, serving[0].y+92
	if len(serving) == 1 {
		k := serving[0]
		c.flow(k, [2]float64{x, y}, [2]float64{k.x, y})
		c.text("flow-label", x+8, y-8, "requests, answers")
		return
	}
	bus := serving[0].y + cardH + boxPad + 2*deckBy + 10
	c.text("flow-label", x+8, bus-8, "requests, answers")
	for _, k := range serving {
		c.flow(k, [2]float64{x, bus}, [2]float64{k.cx() - 60, bus}, [2]float64{k.cx() - 60, k.y + cardH + grown(k)})
	}
}

func grown(k card) float64 {
	if len(k.Actors) > 1 {
		return 2 * deckBy
	}
	return 0
}

// flow draws in which direction a card and the clients exchange data.
func (c *canvas) flow(k card, points ...[2]float64) {
	switch {
	case k.Sum.Reads == 0:
		slices.Reverse(points)
		c.arrow("flow write", points...)
	case k.Sum.Writes == 0:
		c.arrow("flow read", points...)
	default:
		c.both("flow io", points...)
	}
}

// bundle is all that passes from one card to another.
type bundle struct {
	from, to *card
	lines    []string
	class    string
}

// merge adds up the links between the members of two cards, and says each in a line.
func merge(s *stage.Stage, p *plan) []bundle {
	type pair struct{ from, to *card }
	sums := map[pair]map[[2]string]int{}
	var order []pair
	for _, l := range s.Links {
		k := pair{p.cardOf(l.From), p.cardOf(l.To)}
		if k.from == nil || k.to == nil || k.from == k.to {
			continue
		}
		if sums[k] == nil {
			sums[k] = map[[2]string]int{}
			order = append(order, k)
		}
		sums[k][[2]string{l.What, l.How}] += l.Count
	}
	var all []bundle
	for _, k := range order {
		b := bundle{from: k.from, to: k.to}
		b.lines, b.class = say(sums[k])
		if len(b.lines) > 0 {
			all = append(all, b)
		}
	}
	return all
}

// say puts hand-overs into words. A word through a channel by which something is already said to pass is that very
// thing.
func say(sums map[[2]string]int) (lines []string, class string) {
	carried := map[string]bool{}
	for k := range sums {
		if k[0] != "word" && k[0] != "process" {
			carried[k[1]] = true
			class = k[0]
		}
	}
	carried["socketpair"] = carried["socketpair"] || carried["SCM_RIGHTS"]
	for _, what := range []string{"process", "connection", "operation", "completion", "request", "result", "word"} {
		for _, how := range []string{"clone", "io_uring", "fork", "SCM_RIGHTS", "socketpair", "pipe", "memory", "eventfd"} {
			n := sums[[2]string{what, how}]
			if n == 0 || what == "word" && carried[how] || what == "process" && carried["fork"] {
				continue
			}
			lines = append(lines, phrase(what, how, n))
		}
	}
	return lines, cmp.Or(class, "process")
}

func phrase(what, how string, n int) string {
	switch {
	case what == "process":
		return plural(n, "process started", "processes started")
	case what == "operation":
		return plural(n, "operation started", "operations started")
	case what == "completion":
		return plural(n, "completion", "completions")
	case what == "word" && how == "eventfd":
		return "woken " + plural(n, "time by eventfd", "times by eventfd")
	case what == "word":
		return plural(n, "message", "messages") + " by " + how
	case how == "fork":
		return plural(n, "connection, inherited", "connections, each inherited by a new process")
	case how == "memory":
		return plural(n, what, what+"s") + " in memory"
	default:
		return plural(n, what, what+"s") + " by " + how
	}
}

func fit(lines []string, n int) []string {
	var out []string
	for _, l := range lines {
		out = append(out, wrap(l, n)...)
	}
	return out
}

// Sentence says who accepts, who waits, who reads, who works and who writes.
func Sentence(s *stage.Stage) string {
	groups := s.Groups()
	var parts []string
	for _, slot := range slots {
		var who []string
		for _, g := range groups {
			if slot.n(&g.Sum) > 0 || slot.role == "wait" && (sleepsInCall(g) || g.Unseen()) {
				who = append(who, strings.ToLower(heading(g)))
			}
		}
		if len(who) > 0 {
			parts = append(parts, strings.ToUpper(slot.word[:1])+slot.word[1:]+": "+strings.Join(who, ", ")+".")
		}
	}
	if len(parts) == 0 {
		return "Nobody was seen to serve a client."
	}
	return strings.Join(parts, " ")
}
