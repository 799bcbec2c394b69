//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
)

// pageOptions say how much of an identity is printed.
type pageOptions struct{ quiet, verbose bool }

// identityPage prints an identity as a page to read: the answer, what it rests on, what else it could be, the facts.
type identityPage struct {
	out   io.Writer
	style report.Style
	pageOptions
}

func printIdentity(out io.Writer, id identify.Identity, style report.Style, o pageOptions) {
	if o.quiet {
		fmt.Fprintln(out, strings.Join(append([]string{id.Architecture}, axesOf(id)...), ","))
		return
	}
	p := identityPage{out, style, o}
	p.answer(id)
	p.why(id)
	p.others(id)
	p.facts(id.Facts)
	p.next(id)
}

func axesOf(id identify.Identity) []string {
	words := id.Traits()
	if id.Architecture != identify.Inconclusive {
		words = words[1:]
	}
	return words
}

const (
	bold   = "1"
	dim    = "2"
	green  = "32"
	red    = "31"
	yellow = "33"
)

// indent is where the text beside the first column begins.
const indent = 16

// row prints a line with a word in the first column. What is too long for the terminal goes on below.
func (p identityPage) row(word, color, text string) {
	pad := strings.Repeat(" ", max(1, indent-2-utf8.RuneCountInString(word)))
	fmt.Fprintf(p.out, "  %s%s%s\n", p.style.Paint(color, word), pad, p.style.Wrap(text, indent))
}

func (p identityPage) title(text string) { fmt.Fprintf(p.out, "\n%s\n", p.style.Paint(bold, text)) }

func (p identityPage) answer(id identify.Identity) {
	fmt.Fprintf(p.out, "%s\n\n", p.style.Paint(dim, strings.Join(id.Command, " ")))
	color := green
	if id.Confidence != identify.High {
		color = yellow
	}
	meaning := "nothing contradicts the likeliest, but not all that it needs was seen"
	if len(id.Candidates[0].Broken) > 0 {
		meaning = "each architecture that iospec knows is contradicted by something"
	}
	if t, ok := trait.Find(id.Architecture); ok {
		meaning = t.Meaning
	}
	fmt.Fprintf(p.out, "  %s\n  %s\n", p.style.Paint("1;"+color, id.Architecture), meaning)
	if id.Variant != "" {
		fmt.Fprintf(p.out, "  %s\n", id.Variant)
	}
	fmt.Fprintln(p.out)
	for _, axis := range []struct{ name, word string }{
		{"waits with", id.Demultiplexer}, {"is told", id.Trigger}, {"accepts", id.Accept},
	} {
		if t, ok := trait.Find(axis.word); ok {
			p.row(axis.name, dim, t.Name+": "+t.Meaning)
		}
	}
	p.row("confidence", dim, string(id.Confidence))
}

var answerMark = map[identify.Answer]struct{ mark, color string }{
	identify.Yes: {"yes", green}, identify.No: {"no", red}, identify.Unknown: {"?", yellow},
}

func (p identityPage) why(id identify.Identity) {
	if id.Architecture == identify.Inconclusive {
		p.title("why not " + id.Candidates[0].Traits[0] + ", the likeliest")
	} else {
		p.title("why")
	}
	for _, s := range id.Why {
		m := answerMark[s.Answer]
		p.row(m.mark, m.color, s.Asks)
		p.row("", "", s.Observed)
		if !p.verbose {
			continue
		}
		for _, w := range s.Witness {
			fmt.Fprintf(p.out, "      %s\n", p.style.Paint(dim, w.String()))
		}
	}
}

// shownCandidates is how many are printed without --verbose.
const shownCandidates = 4

func (p identityPage) others(id identify.Identity) {
	p.title("candidates")
	n := shownCandidates
	if p.verbose {
		n = len(id.Candidates)
	}
	for i, c := range id.Candidates[:min(n, len(id.Candidates))] {
		text := c.Traits[0]
		if len(c.For)+len(c.Against) > 0 {
			text += fmt.Sprintf(" · %d claims for, %d against", len(c.For), len(c.Against))
		}
		color := dim
		if len(c.Broken) == 0 {
			color = green
		}
		p.row(fmt.Sprintf("%3.0f %%", 100*c.Score), color, text)
		if i == 0 && len(c.Against) > 0 || p.verbose && len(c.Against) > 0 {
			p.row("", "", "breaks "+strings.Join(c.Against, ", "))
		}
		if len(c.Broken) > 0 {
			p.row("", "", "contradicted by "+strings.Join(c.Broken, ", "))
		}
	}
	if id.Apart != "" {
		fmt.Fprintln(p.out)
		p.row("runner-up", dim, id.RunnerUp+": "+id.Apart)
	}
}

func (p identityPage) facts(f identify.Facts) {
	p.title("facts")
	p.row("clients", dim, fmt.Sprintf("%d connections served, up to %d at the same time, %d requests answered", f.Connections, f.AtOnce, f.Answered))
	p.row("tasks", dim, fmt.Sprintf("%s in %s, over its life", english.Count(f.Threads, "thread"), english.Count(f.Processes, "process")))
	for _, r := range f.Roles {
		who := english.Count(r.Threads, "thread")
		if r.Processes > 1 {
			who += " in " + english.Count(r.Processes, "process")
		}
		text := who + ": " + strings.Join(r.Does, ", ")
		if r.Connections > 0 {
			text += " · " + english.Count(r.Connections, "connection")
		}
		p.row("", "", text+p.style.Paint(dim, fmt.Sprintf(" (%d)", r.Example)))
	}
	for _, s := range f.Sets {
		p.row("wait set", dim, fmt.Sprintf("%s, up to %s, %s on it", s.ID, english.Count(s.AtOnce, "connection"), english.Count(len(s.Waiters), "waiting thread")))
	}
	if h := f.HandOvers; h.Connections+h.Descriptors+h.Inherited+h.Words > 0 {
		p.row("hand-overs", dim, fmt.Sprintf("%d connections served by another thread than accepted them, %d sent to another process, %d inherited; %d requests answered after word from another",
			h.Connections, h.Descriptors, h.Inherited, h.Words))
	}
	if f.Herd.Waiting > 1 {
		p.row("herd", dim, fmt.Sprintf("%d threads wait for new clients, %d times; %d wake-ups in vain", f.Herd.Waiting, f.Herd.Waits, f.Herd.Vain))
	}
	if b := f.Blocking; b.Reads > 0 {
		p.row("blocking", dim, fmt.Sprintf("%d of %d reads on blocking sockets; %d found nothing", b.Blocking, b.Reads, b.Empty))
	}
	if r := f.Rings; r != nil {
		p.row("io_uring", dim, fmt.Sprintf("%d operations on connections, %d requests for readiness, %d other", r.Operations, r.Polls, r.Other))
	}
}

// next says what to do with the answer.
func (p identityPage) next(id identify.Identity) {
	if len(id.Settle) > 0 {
		p.title("what would settle it")
		for _, s := range id.Settle {
			p.row("a load with", dim, s)
		}
	}
	if id.Architecture != identify.Inconclusive {
		p.title("hold it to that")
		fmt.Fprintf(p.out, "  iospec check --as %s,every-server -- COMMAND…\n", strings.Join(id.Traits(), ","))
	}
}
