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

// lookOf is how a result looks: one that is known to fail is no alarm.
func lookOf(r Result) (word, color string) {
	if r.Known != nil {
		return "known", "33"
	}
	return cell[r.Outcome].word, cell[r.Outcome].color
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
	id := 0
	for _, c := range run.Claims {
		id = max(id, len(c.ID))
	}
	indent := 2 + id + 2 + len("qualified") + 2
	for len(subjects) > 0 {
		block := columns(subjects, style.width()-indent)
		matrixBlock(out, run, block, style, id)
		subjects = subjects[len(block):]
	}
}

// A column of the matrix: a subject, with its family ("epoll/") over the first column of that family.
type column struct {
	subject, family, name string
	width                 int
}

// columns fits as many subjects as there is room for, one at least.
func columns(subjects []Subject, room int) []column {
	var cols []column
	used := 0
	for _, s := range subjects {
		c := column{subject: s.Name, name: s.Name}
		if family, name, split := strings.Cut(s.Name, "/"); split {
			c.family, c.name = family+"/", name
		}
		if s.On != "" {
			c.name += " on " + s.On
		}
		c.width = max(len(c.name), len("ERROR")) + 2
		cols = append(cols, c)
		used += c.width
		if used > room && len(cols) > 1 {
			cols = cols[:len(cols)-1]
			break
		}
	}
	groupFamilies(cols)
	return cols
}

// groupFamilies leaves a family's name over its first column only, and widens its last where the name needs the room.
func groupFamilies(cols []column) {
	for i := 0; i < len(cols); {
		end, span := i+1, cols[i].width
		for end < len(cols) && cols[end].family == cols[i].family && cols[i].family != "" {
			span += cols[end].width
			cols[end].family = ""
			end++
		}
		cols[end-1].width += max(0, len(cols[i].family)+2-span)
		i = end
	}
}

func matrixBlock(out io.Writer, run *Run, cols []column, style Style, id int) {
	found := map[[2]string]check.Outcome{}
	for _, r := range run.Results {
		found[[2]string{r.Claim, r.Subject}] = r.Outcome
	}
	printHeads(out, cols, style, strings.Repeat(" ", 2+id+2+len("qualified")+2))
	chapter := ""
	for _, c := range run.Claims {
		row, any := "", false
		for _, col := range cols {
			o, ok := found[[2]string{c.ID, col.subject}]
			look := cell[o]
			if !ok {
				look.word, look.color = "·", "2"
			}
			any = any || ok
			row += style.pad(look.color, look.word, col.width)
		}
		if !any {
			continue
		}
		if c.Chapter != chapter {
			chapter = c.Chapter
			fmt.Fprintln(out, style.Paint("1", chapterTitle(chapter)))
		}
		fmt.Fprintf(out, "  %-*s  %s  %s\n", id, c.ID, style.pad("2", c.Verdict, len("qualified")), strings.TrimRight(row, " "))
	}
}

// printHeads prints the families over the names.
func printHeads(out io.Writer, cols []column, style Style, indent string) {
	families, names := "", ""
	free := 0 // columns under a family's name that are already taken by it
	for _, c := range cols {
		if c.family != "" {
			families += style.Paint("2", c.family)
			free = len(c.family)
		}
		families += strings.Repeat(" ", max(0, c.width-free))
		free = max(0, free-c.width)
		names += style.pad("1", c.name, c.width)
	}
	if families = strings.TrimRight(families, " "); families != "" {
		families = indent + families
	}
	fmt.Fprintf(out, "\n%s\n%s%s\n", families, indent, strings.TrimRight(names, " "))
}

// chapterTitle makes "2.1-select-and-poll" readable.
func chapterTitle(chapter string) string {
	number, words, _ := strings.Cut(chapter, "-")
	return number + " " + strings.ReplaceAll(words, "-", " ")
}

// Trouble prints every finding that is not a pass, in full, each with the command that shows it again.
func Trouble(out io.Writer, run *Run, style Style) {
	var unjudged []Result // by looks: they have one reason, and there are many
	for _, r := range run.Results {
		switch {
		case r.Outcome == check.Pass || r.Known != nil || run.wrong(r.Subject):
		case r.Outcome == check.Unsupported && r.By != "":
			unjudged = append(unjudged, r)
		default:
			Detail(out, r, run.claim(r.Claim), style)
		}
	}
	if len(unjudged) > 0 {
		var ids []string
		for _, r := range unjudged {
			ids = append(ids, r.Claim)
		}
		fmt.Fprintf(out, "\n%s  %s\n", style.Paint(cell[check.Unsupported].color, string(check.Unsupported)), style.Wrap(strings.Join(ids, ", "), 13))
		fmt.Fprintf(out, "  %-10s%s\n  %-10s%s\n", "observed", wrap(unjudged[0].Observed, 12, style.width()), "by", unjudged[0].By)
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
	line("by", r.By)
	for i, w := range r.Witness {
		label := ""
		if i == 0 {
			label = "witness"
		}
		fmt.Fprintf(out, "  %-10s%s\n", label, style.Paint("36", w.String()))
	}
	line("acquit", r.Acquit)
	printScenarios(r, line)
	line("again", r.Reproduce)
}

// shownScenarios is how many of a Rule's scenarios are named that came out as the Rule did. A Rule over a table has dozens.
const shownScenarios = 4

func printScenarios(r Result, line func(label, text string)) {
	shown := 0
	for _, s := range r.Scenarios {
		if s.Outcome != r.Outcome {
			continue
		}
		if shown++; shown > shownScenarios {
			continue
		}
		line("scenario", s.Name)
		for _, n := range s.Notes {
			line("", n)
		}
	}
	if more := shown - shownScenarios; more > 0 {
		line("", fmt.Sprintf("and %d more", more))
	}
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

// Wrap breaks text at spaces to fit the style's width. Its first line stands in that column already; the others are indented
// to it.
func (s Style) Wrap(text string, column int) string { return wrap(text, column, s.width()) }

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
		broke, missed, extra := run.Owed(s)
		if len(missed)+len(extra) == 0 {
			fmt.Fprintf(out, "  %s  %-40s breaks %s\n", style.Paint("32", "ok"), s.Name, strings.Join(broke, ", "))
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

// Owed compares what a counterexample broke with what it must break: the claims it broke and had to, those it had to
// and did not, and those it broke and should not. Only claims that were selected are owed.
func (r *Run) Owed(s Subject) (broke, missed, extra []string) {
	found := map[string]check.Outcome{}
	for _, res := range r.Results {
		if res.Subject == s.Name {
			found[res.Claim] = res.Outcome
		}
	}
	for _, c := range r.Claims {
		must, outcome := slices.Contains(s.Breaks, c.ID), found[c.ID]
		switch {
		case must && outcome == check.Fail:
			broke = append(broke, c.ID)
		case must && outcome == check.Unsupported: // it cannot be shown here, of this server or of any
		case must:
			missed = append(missed, c.ID)
		case outcome == check.Fail, outcome == check.Error:
			extra = append(extra, c.ID)
		}
	}
	return broke, missed, extra
}

// by says how a finding was found, if not in the usual way.
func by(f check.Finding) string {
	if f.By == "" {
		return ""
	}
	return " (by " + f.By + ")"
}

// Line is the one-line summary.
func (s Summary) Line() string {
	parts := []string{fmt.Sprintf("%d kept", s.Pass)}
	for _, p := range []struct {
		n    int
		word string
	}{{s.Fail, "broken"}, {s.Known, "known to fail"}, {s.Error, "errors"}, {s.Inconclusive, "inconclusive"}, {s.Unsupported, "unsupported"}} {
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
		word, color := lookOf(r)
		c := run.claim(r.Claim)
		fmt.Fprintf(out, "  %s %s\n", style.pad(color, word, 6), style.Paint("1", r.Claim))
		fmt.Fprintf(out, "         %s\n", style.Paint("2", wrap(c.Title, 9, style.width())))
		if r.Outcome == check.Pass && r.Observed != "" {
			fmt.Fprintf(out, "         %s\n", wrap(r.Observed+by(r.Finding), 9, style.width()))
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
