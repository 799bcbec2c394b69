package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
)

// Confusion holds reference servers against architectures that are not theirs. Each recording should show the
// architecture that its server claims, and refute every other one, but for relatives: what one architecture is may be a
// part of what another one is.
type Confusion struct {
	Architectures []string       `json:"architectures"` // the columns
	Rows          []ConfusionRow `json:"rows"`
}

// ConfusionRow is one server.
type ConfusionRow struct {
	Subject string          `json:"subject"`
	Claims  string          `json:"claims"` // its architecture
	Cells   []ConfusionCell `json:"cells"`  // one for each of the Architectures
}

// ConfusionCell is one server held against one architecture.
type ConfusionCell struct {
	As      string `json:"as"`
	Related string `json:"related,omitempty"` // why the server is this, too; "" where it is not to be
	check.Finding
}

// Clear reports whether the cell is as it should be: a pass where the architecture is the server's own, or contained in
// it, and a failure, with a witness, elsewhere.
func (r ConfusionRow) Clear(c ConfusionCell) bool {
	if c.As == r.Claims || c.Related != "" {
		return c.Outcome == check.Pass
	}
	return c.Outcome == check.Fail && len(c.Witness) > 0
}

// Confused lists the cells that contradict what should be, as lines for people. What the load did not exercise does not.
func (c *Confusion) Confused() (lines []string) {
	if c == nil {
		return nil
	}
	for _, r := range c.Rows {
		for _, cell := range r.Cells {
			if !r.Clear(cell) && cell.Outcome != check.Inconclusive {
				lines = append(lines, fmt.Sprintf("%s as %s: %s: %s", r.Subject, cell.As, cell.Outcome, cell.Observed))
			}
		}
	}
	return lines
}

// Print prints a row for each server and a column for each architecture, numbered, since their names are long.
func (c *Confusion) Print(out io.Writer, style Style) {
	if c == nil {
		return
	}
	fmt.Fprintf(out, "\n%s\n", style.Paint("1", "each server held against each architecture: only its own should fit"))
	width := 0
	for _, r := range c.Rows {
		width = max(width, len(r.Subject))
	}
	for i, name := range c.Architectures {
		fmt.Fprintf(out, "  %*s  %s┌ %s\n", width, "", strings.Repeat("│   ", i), name)
	}
	related := map[string]string{}
	for _, r := range c.Rows {
		row := ""
		for _, cell := range r.Cells {
			row += r.paint(cell, style)
			if cell.Related != "" {
				related[fmt.Sprintf("%s is %s, too", r.Claims, cell.As)] = cell.Related
			}
		}
		fmt.Fprintf(out, "  %-*s  %s\n", width, r.Subject, strings.TrimRight(row, " "))
	}
	for _, who := range slices.Sorted(maps.Keys(related)) {
		fmt.Fprintf(out, "  kin %s: %s\n", who, related[who])
	}
	for _, line := range c.Confused() {
		fmt.Fprintf(out, "  %s %s\n", style.Paint("1;31", "WRONG"), wrap(line, 8, style.width()))
	}
}

// paint gives a cell in four columns.
func (r ConfusionRow) paint(c ConfusionCell, style Style) string {
	switch {
	case !r.Clear(c) && c.Outcome == check.Inconclusive:
		return style.pad("33", "?", 4)
	case !r.Clear(c):
		return style.pad("1;31", "!!", 4)
	case c.Related != "":
		return style.pad("32", "kin", 4)
	case c.As == r.Claims:
		return style.pad("32", "ok", 4)
	}
	return style.pad("2", "·", 4)
}
