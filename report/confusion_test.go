package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
)

func confusion(outcomes ...check.Outcome) *Confusion {
	c := &Confusion{Architectures: []string{"single-reactor", "single-reactor-threads", "thread-pool"}}
	row := ConfusionRow{Subject: "reactor/single-threads", Claims: "single-reactor-threads"}
	for i, as := range c.Architectures {
		cell := ConfusionCell{As: as, Finding: check.Finding{Outcome: outcomes[i], Observed: "seen"}}
		if cell.Outcome == check.Fail {
			cell.Witness = []check.Witness{{Text: "accept4() = 5"}}
		}
		if i == 0 {
			cell.Related = "it has one reactor, too"
		}
		row.Cells = append(row.Cells, cell)
	}
	c.Rows = []ConfusionRow{row}
	return c
}

func TestConfusionIsPrinted(t *testing.T) {
	var out strings.Builder
	confusion(check.Pass, check.Pass, check.Fail).Print(&out, Style{})
	require.Equal(t, `
each server held against each architecture: only its own should fit
                          ┌ single-reactor
                          │   ┌ single-reactor-threads
                          │   │   ┌ thread-pool
  reactor/single-threads  kin ok  ·
  kin single-reactor-threads is single-reactor, too: it has one reactor, too
`, out.String())

	out.Reset()
	confusion(check.Fail, check.Inconclusive, check.Pass).Print(&out, Style{})
	require.Contains(t, out.String(), "  reactor/single-threads  !!  ?   !!\n")
	require.Contains(t, out.String(), "  WRONG reactor/single-threads as thread-pool: pass: seen\n")
	var none *Confusion
	none.Print(&out, Style{})
}

func TestWhatConfuses(t *testing.T) {
	require.Empty(t, confusion(check.Pass, check.Pass, check.Fail).Confused())
	require.Equal(t, []string{"reactor/single-threads as single-reactor-threads: fail: seen"}, confusion(check.Pass, check.Fail, check.Fail).Confused())
	require.Equal(t, []string{"reactor/single-threads as thread-pool: pass: seen"}, confusion(check.Pass, check.Inconclusive, check.Pass).Confused())
	require.Empty(t, (*Confusion)(nil).Confused())

	unproved := confusion(check.Pass, check.Pass, check.Fail)
	unproved.Rows[0].Cells[2].Witness = nil
	require.Equal(t, []string{"reactor/single-threads as thread-pool: fail: seen"}, unproved.Confused(), "a failure without a witness convinces nobody")
}
