package show

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/iospec/iospec/trace"
)

// glyphs are the characters beyond letters.
type glyphs struct {
	bar, rule, cross, ellipsis, dot       string
	accept, wait, read, write, end, other string
	fold, client                          string
}

var (
	unicodeGlyphs = glyphs{"│", "─", "┼", "…", " · ", "●", "◇", "←", "→", "×", "·", "⋮", "»"}
	asciiGlyphs   = glyphs{"|", "-", "+", "...", " - ", "o", "?", "<", ">", "x", ".", ":", "@"}
)

func glyphsOf(o Options) glyphs {
	if o.ASCII {
		return asciiGlyphs
	}
	return unicodeGlyphs
}

// ANSI attributes, by what they are used for.
const (
	paintBold   = "1"
	paintDim    = "2"
	paintWait   = "33"
	paintAccept = "32"
	paintRead   = "36"
	paintWrite  = "34"
	paintError  = "31"
	paintClient = "35"
)

func (p *page) paint(attribute, text string) string {
	if !p.opt.Color || attribute == "" || text == "" {
		return text
	}
	return "\x1b[" + attribute + "m" + text + "\x1b[0m"
}

// text writes a line as it is, cut to the width.
func (p *page) text(attribute, text string) {
	p.out.WriteString(p.paint(attribute, p.cut(text, p.width())) + "\n")
}

// cut shortens a text to n columns.
func (p *page) cut(text string, n int) string {
	if p.opt.ASCII {
		text = strings.ReplaceAll(text, "…", "...")
	}
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:max(0, n-len([]rune(p.glyphs.ellipsis)))]) + p.glyphs.ellipsis
}

func (p *page) laneWidth() int { return (p.width() - timeWidth) / max(1, len(p.lanes)) }

// row writes a cell for the time and one for each lane.
func (p *page) row(at, attribute string, cells ...string) {
	var line strings.Builder
	fmt.Fprintf(&line, "%*s", timeWidth-2, at)
	for _, text := range cells {
		text = p.cut(text, p.laneWidth()-3)
		pad := strings.Repeat(" ", max(0, p.laneWidth()-3-utf8.RuneCountInString(text)))
		line.WriteString(" " + p.paint(paintDim, p.glyphs.bar) + " " + p.paint(attribute, text) + pad)
	}
	p.out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// rule draws a line across, with a name in it.
func (p *page) rule(name string) {
	left := strings.Repeat(p.glyphs.rule, timeWidth-1) + p.glyphs.cross
	if name != "" {
		name = p.glyphs.rule + " " + name + " "
	}
	rest := max(0, p.width()-timeWidth-utf8.RuneCountInString(name)-1)
	p.out.WriteString(p.paint(paintDim, left) + p.paint(paintBold, name) + p.paint(paintDim, strings.Repeat(p.glyphs.rule, rest)) + "\n")
}

// line draws one event.
func (p *page) line(e event) {
	switch {
	case e.who != nil:
		fmt.Fprintf(&p.out, "%*s %s %s\n", timeWidth-2, milliseconds(e.at), p.paint(paintDim, p.glyphs.bar),
			p.paint(paintClient, p.cut(p.glyphs.client+" "+e.mark, p.width()-timeWidth-2)))
		return
	case e.call == nil:
		p.rule(e.mark)
		return
	}
	r := p.residents[e.call.TID]
	at, text, attribute := milliseconds(e.at), p.foldText(e), paintDim
	if e.folded == nil {
		text, attribute = p.callText(e.call)
	}
	column := r.lane
	if column < 0 {
		column = len(p.lanes) - 1
		text = fmt.Sprintf("%d: %s", r.tid, text)
	} else if p.lanes[column].now != r {
		p.lanes[column].now = r
		p.cell(column, "", paintBold, strings.TrimRight(r.name+": "+r.roles, ": "))
	}
	p.cell(column, at, attribute, text)
}

// cell writes a row of which one lane has a text.
func (p *page) cell(column int, at, attribute, text string) {
	cells := make([]string, len(p.lanes))
	cells[column] = text
	p.row(at, attribute, cells...)
}

// callText says a call with its sign, indented under the wait that led to it, and how it is painted.
func (p *page) callText(c *trace.Call) (text, attribute string) {
	sign, attribute := p.sign(c)
	said := p.Brief(c)
	if p.laneWidth() >= wide {
		said = p.Text(c)
	}
	if slept := time.Duration(c.Exit - c.Enter); c.Exit != 0 && slept >= time.Millisecond && c.Family != trace.FamilyWrite {
		said += fmt.Sprintf(" (%s)", slept.Round(100*time.Microsecond))
	}
	if c.Errno != "" && c.Errno != "EAGAIN" && c.Errno != "EINTR" {
		attribute = paintError
	}
	if p.Wait(c) == nil {
		sign = "  " + sign
	}
	return sign + " " + said, attribute
}

func (p *page) sign(c *trace.Call) (sign, attribute string) {
	switch {
	case p.Wait(c) != nil:
		return p.glyphs.wait, paintWait
	case c.Family == trace.FamilyAccept:
		return p.glyphs.accept, paintAccept
	case c.Family == trace.FamilyRead:
		return p.glyphs.read, paintRead
	case c.Family == trace.FamilyWrite:
		return p.glyphs.write, paintWrite
	case c.Family == trace.FamilyClose:
		return p.glyphs.end, ""
	}
	return p.glyphs.other, paintDim
}

// foldText says what a fold stands for: how often, for whom, and how long it took.
func (p *page) foldText(e event) string {
	if e.folded == nil {
		return ""
	}
	var names []string
	threads := map[int]bool{}
	for _, part := range e.folded {
		threads[part.call.TID] = true
		for _, o := range p.touched(part.call) {
			if c := p.Connection(o); c != nil && !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	text := fmt.Sprintf("  %s %d times more", p.glyphs.fold, e.times)
	switch {
	case len(names) > 2:
		text += fmt.Sprintf(", %s %s %s", names[0], p.glyphs.ellipsis, names[len(names)-1])
	case len(names) > 0:
		text += ", " + strings.Join(names, " and ")
	}
	if len(threads) > 2 {
		text += fmt.Sprintf(", by %d threads", len(threads))
	}
	return text
}
