//go:build linux

package main

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
)

// Sentences by which servers are refuted that are something else.
const (
	noCalls  = `no thread reads or writes a client: the kernel does, as it was told in \d+ calls`
	noThread = `is served in process|and serves it itself|sets?, each with several connections|touched c\d+|` + noCalls
	noOwner  = `does not wait for it|alone accepts and serves|touched c\d+|` + noCalls
	noOne    = `no wait covers two connections|sets, each with several|threads .* accept$|threads did the clients' I/O|` + noCalls
)

// refutes says, for each architecture, what may convict a server of not being it.
var refutes = map[string]string{
	"process-per-connection":   `both accept|and serves it itself|was not made by process|` + noCalls,
	"process-pool":             `and another serves it|accepts c\d+ while it has c\d+|` + noCalls,
	"thread-per-connection":    `serves \d+ connections|` + noThread,
	"thread-pool":              `and no thread served two|` + noThread,
	"single-reactor":           noOne,
	"single-reactor-threads":   `with no word from another|of process \d+ works for thread|` + noOne,
	"single-reactor-processes": `with no word from another|of process \d+ works for thread|` + noOne,
	"multi-reactor-single":     `one set only|` + noOne,
	"multi-reactor-threads":    `threads in \d+ processes|` + noOwner,
	"multi-reactor-processes":  `threads in 1 process$|` + noOwner,
	"proactor":                 `by which the server asks when a client is ready|that accept, read or write`,
	"emulated-proactor":        `by which the server asks when a client is ready|have a thread of their own|the kernel performs`,
}

// requireNoConfusion holds each server against each architecture: it is what it claims, and everything else is refuted
// by a sentence that fits, with a witness; but for relatives, of which there are two pairs.
func requireNoConfusion(t *testing.T, run report.Run) {
	t.Helper()
	require.NotNil(t, run.Confusion)
	rows, related := map[string]report.ConfusionRow{}, map[string]bool{}
	for _, r := range run.Confusion.Rows {
		rows[r.Subject] = r
	}
	for _, s := range run.Subjects {
		own := trait.Set(s.As).On(trait.Architecture)
		r, recorded := rows[s.Name]
		if s.Name == report.Kernel || len(s.Breaks) > 0 || !recorded {
			continue // what could not be recorded is unsupported, and said to be above
		}
		t.Run(s.Name+"/confusion", func(t *testing.T) {
			require.Equal(t, own, trait.Set{r.Claims})
			require.Len(t, r.Cells, len(refutes))
			for _, c := range r.Cells {
				require.True(t, r.Clear(c), "as %s: %+v", c.As, c.Finding)
				if c.Related != "" {
					related[r.Claims+" "+c.As] = true
				} else if c.As != r.Claims {
					require.Regexp(t, regexp.MustCompile(refutes[c.As]), c.Observed, "as %s", c.As)
				}
			}
		})
	}
	require.Equal(t, map[string]bool{"single-reactor-threads single-reactor": true, "single-reactor-processes single-reactor": true}, related)
}
