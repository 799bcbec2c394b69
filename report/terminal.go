package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/trait"
)

// Style is how a terminal rendering looks.
type Style struct {
	Color bool // colours by ANSI escapes; off for files, pipes and NO_COLOR
	Width int  // columns of the terminal; 0 is 100
}

// cell is how an outcome looks in the matrix.
var cell = map[check.Outcome]struct{ word, color string }{
	check.Pass:         {"ok", "32"},
	check.Fail:         {"FAIL", "1;31"},
	check.Inconclusive: {"?", "33"},
	check.Unsupported:  {"unsup", "33"},
	check.Error:        {"ERROR", "1;35"},
}

// Paint wraps text in an ANSI colour, if the style has colours.
func (s Style) Paint(color, text string) string {
	if !s.Color || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (s Style) width() int {
	if s.Width <= 0 {
		return 100
	}
	return max(s.Width, 60)
}

// pad writes text in a field of n columns, painted, so that escapes do not count as width.
func (s Style) pad(color, text string, n int) string {
	return s.Paint(color, text) + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
}

// Matrix prints claims × subjects: a row for each claim, in the order of the specification, a column for each subject
// that is not wrong on purpose.
func Matrix(out io.Writer, run *Run, style Style) {
	var subjects []Subject
	for _, s := range run.Subjects {
		if len(s.Breaks) == 0 {
			subjects = append(subjects, s)
		}
	}
	idWidth := 0
	for _, c := range run.Claims {
		idWidth = max(idWidth, len(c.ID))
	}
	first := 2 + idWidth + 2 + len("qualified") + 2
	perBlock := max(1, (style.width()-first)/columnWidth(subjects))
	for block := range slices.Chunk(subjects, perBlock) {
		matrixBlock(out, run, block, style, idWidth, columnWidth(subjects))
	}
}

func columnWidth(subjects []Subject) int {
	w := len("unsup")
	for _, s := range subjects {
		for part := range strings.SplitSeq(s.Name, "/") {
			w = max(w, len(part))
		}
	}
	return w + 2
}

func matrixBlock(out io.Writer, run *Run, subjects []Subject, style Style, idWidth, column int) {
	found := map[[2]string]check.Outcome{}
	for _, r := range run.Results {
		found[[2]string{r.Claim, r.Subject}] = r.Outcome
	}
	heads := [2]string{}
	for _, s := range subjects {
		family, name, split := strings.Cut(s.Name, "/")
		if !split {
			family, name = "", family
		} else {
			family += "/"
		}
		heads[0] += style.pad("2", family, column)
		heads[1] += style.pad("1", name, column)
	}
	indent := strings.Repeat(" ", 2+idWidth+2+len("qualified")+2)
	fmt.Fprintf(out, "\n%s%s\n%s%s\n", indent, strings.TrimRight(heads[0], " "), indent, strings.TrimRight(heads[1], " "))
	section := ""
	for _, c := range run.Claims {
		row := ""
		any := false
		for _, s := range subjects {
			o, ok := found[[2]string{c.ID, s.Name}]
			look := cell[o]
			if !ok {
				look.word, look.color = "·", "2"
			}
			any = any || ok
			row += style.pad(look.color, look.word, column)
		}
		if !any {
			continue
		}
		if c.Section != section {
			section = c.Section
			fmt.Fprintln(out, style.Paint("1", sectionTitle(section)))
		}
		fmt.Fprintf(out, "  %-*s  %s  %s\n", idWidth, c.ID, style.pad("2", c.Verdict, len("qualified")), strings.TrimRight(row, " "))
	}
}

func sectionTitle(section string) string {
	if section == "beyond" {
		return "beyond the text"
	}
	return "section " + section
}

// Trouble prints every finding that is not a pass, in full, each with the command that shows it again.
func Trouble(out io.Writer, run *Run, style Style) {
	for _, r := range run.Results {
		if r.Outcome != check.Pass && !run.wrong(r.Subject) {
			Detail(out, r, run.claim(r.Claim), style)
		}
	}
}

// wrong reports whether a subject is a counterexample.
func (r *Run) wrong(subject string) bool {
	return slices.ContainsFunc(r.Subjects, func(s Subject) bool { return s.Name == subject && len(s.Breaks) > 0 })
}

func (r *Run) claim(id string) Claim {
	i := slices.IndexFunc(r.Claims, func(c Claim) bool { return c.ID == id })
	if i < 0 {
		return Claim{ID: id}
	}
	return r.Claims[i]
}

// Detail prints one finding with its evidence.
func Detail(out io.Writer, r Result, c Claim, style Style) {
	look := cell[r.Outcome]
	name := r.Claim
	if r.Subject != "" {
		name += " on " + r.Subject
	}
	fmt.Fprintf(out, "\n%s  %s\n", style.Paint(look.color, string(r.Outcome)), style.Paint("1", name))
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(out, "  %-10s%s\n", label, wrap(text, 12, style.width()))
		}
	}
	line("claim", c.Title)
	line("expected", r.Expected)
	line("observed", r.Observed)
	for i, w := range r.Witness {
		label := ""
		if i == 0 {
			label = "witness"
		}
		fmt.Fprintf(out, "  %-10s%s\n", label, style.Paint("36", w.String()))
	}
	line("acquit", r.Acquit)
	for _, s := range r.Scenarios {
		if s.Outcome == r.Outcome {
			line("scenario", s.Name)
			for _, n := range s.Notes {
				line("", n)
			}
		}
	}
	line("again", r.Reproduce)
}

// wrap breaks text at spaces to fit width, continuing at the given indentation.
func wrap(text string, indent, width int) string {
	var b strings.Builder
	used := indent
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

// Counterexamples prints, for each server that is wrong on purpose, whether it broke what it must and nothing else.
func Counterexamples(out io.Writer, run *Run, style Style) {
	printed := false
	for _, s := range run.Subjects {
		if len(s.Breaks) == 0 {
			continue
		}
		if !printed {
			fmt.Fprintf(out, "\n%s\n", style.Paint("1", "servers that are wrong on purpose"))
			printed = true
		}
		missed, extra := run.Owed(s)
		if len(missed)+len(extra) == 0 {
			fmt.Fprintf(out, "  %s  %-44s breaks %s, as it must\n", style.Paint("32", "ok"), s.Name, strings.Join(s.Breaks, ", "))
			continue
		}
		fmt.Fprintf(out, "  %s  %s\n", style.Paint("1;31", "WRONG"), s.Name)
		for _, id := range missed {
			fmt.Fprintf(out, "        should break %s, and does not\n", id)
		}
		for _, id := range extra {
			fmt.Fprintf(out, "        breaks %s, and should not\n", id)
		}
	}
}

// Owed compares what a counterexample broke with what it must break. Only claims that were selected are owed.
func (r *Run) Owed(s Subject) (missed, extra []string) {
	for _, res := range r.Results {
		if res.Subject != s.Name {
			continue
		}
		must := slices.Contains(s.Breaks, res.Claim)
		broke := res.Outcome == check.Fail
		switch {
		case must && !broke:
			missed = append(missed, res.Claim)
		case !must && broke, !must && res.Outcome == check.Error:
			extra = append(extra, res.Claim)
		}
	}
	return missed, extra
}

// Line is the one-line summary.
func (s Summary) Line() string {
	parts := []string{fmt.Sprintf("%d kept", s.Pass)}
	for _, p := range []struct {
		n    int
		word string
	}{{s.Fail, "broken"}, {s.Error, "errors"}, {s.Inconclusive, "inconclusive"}, {s.Unsupported, "unsupported"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// Single prints the findings about one server, claim by claim, failures last and in full.
func Single(out io.Writer, run *Run, s Subject, style Style, verbose bool) {
	fmt.Fprintf(out, "%s as %s\n\n", style.Paint("1", s.Name), trait.Set(s.As))
	for _, r := range run.Results {
		look := cell[r.Outcome]
		c := run.claim(r.Claim)
		fmt.Fprintf(out, "  %s %s\n", style.pad(look.color, look.word, 6), style.Paint("1", r.Claim))
		fmt.Fprintf(out, "         %s\n", style.Paint("2", wrap(c.Title, 9, style.width())))
		if r.Outcome == check.Pass && r.Observed != "" {
			fmt.Fprintf(out, "         %s\n", wrap(r.Observed, 9, style.width()))
		}
		if verbose && r.Outcome == check.Pass {
			for _, w := range r.Witness {
				fmt.Fprintf(out, "         %s\n", style.Paint("36", w.String()))
			}
		}
	}
	Trouble(out, run, style)
	fmt.Fprintf(out, "\n%s\n", run.Summary.Line())
}
