//go:build linux

package steps

import (
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/trace"
)

// relatives says, by what a server is and what it is also, why it is that, too. Servers of any other pair of
// architectures are told apart by their recordings.
var relatives = map[[2]string]string{
	{"single-reactor-threads", "single-reactor"}:   "one thread does all the I/O here, too; that others work meanwhile refutes nothing, since servers have threads for many things",
	{"single-reactor-processes", "single-reactor"}: "one thread does all the I/O here, too; that others work meanwhile refutes nothing, since servers have processes for many things",
}

// isRelated reports whether a server that claims these traits is of that architecture, too.
func isRelated(claimed trait.Set, as string) bool {
	return slices.ContainsFunc(claimed, func(own string) bool { return relatives[[2]string{own, as}] != "" })
}

// confuse judges what was recorded of the reference servers by every architecture that a recording can show. It gives
// nil when nothing was recorded.
func confuse(runs []*targetRun) *report.Confusion {
	c := &report.Confusion{}
	for _, t := range trait.All {
		if t.Axis == trait.Architecture && check.ByTrait[t.Name] != nil {
			c.Architectures = append(c.Architectures, t.Name)
		}
	}
	for _, r := range runs {
		if r.target.Reference && r.rec != nil && r.err == nil {
			c.Rows = append(c.Rows, confusionRow(*r.target, r.rec, c.Architectures))
		}
	}
	if len(c.Rows) == 0 {
		return nil
	}
	return c
}

func confusionRow(t Target, rec *trace.Recording, architectures []string) report.ConfusionRow {
	row := report.ConfusionRow{Subject: t.Name}
	for _, own := range t.Traits.On(trait.Architecture) {
		row.Claims = own
	}
	for _, as := range architectures {
		row.Cells = append(row.Cells, report.ConfusionCell{As: as, Related: relatives[[2]string{row.Claims, as}], Finding: check.ByTrait[as](rec)})
	}
	return row
}
