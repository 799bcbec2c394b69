package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
)

// Known lists claims that a server is known to break, with the reasons. A listed claim has to go on failing: when it is
// kept, the list is out of date and says so, so that it only ever gets shorter.
type Known []KnownFailure

// KnownFailure is one entry of the list.
type KnownFailure struct {
	Claim  string `json:"claim"`
	Reason string `json:"reason,omitempty"`
}

// ReadKnown reads a list: a claim's id on each line, then the reason. A line that begins with # is a remark.
func ReadKnown(r io.Reader) (Known, error) {
	var known Known
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		id, reason, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if id == "" || strings.HasPrefix(id, "#") {
			continue
		}
		if slices.ContainsFunc(known, func(k KnownFailure) bool { return k.Claim == id }) {
			return nil, fmt.Errorf("line %d: %s is listed twice", n, id)
		}
		known = append(known, KnownFailure{id, strings.TrimSpace(reason)})
	}
	return known, lines.Err()
}

// Hold marks the results that are known to fail, and counts them as such. It gives the listed claims that were kept, and
// those that nobody judged.
func (k Known) Hold(run *Run) (stale, unjudged []string) {
	for _, f := range k {
		judged, kept := false, false
		for i := range run.Results {
			r := &run.Results[i]
			if r.Claim != f.Claim {
				continue
			}
			judged = true
			switch r.Outcome {
			case check.Fail:
				r.Known = &f.Reason
			case check.Pass:
				kept = true
			}
		}
		switch {
		case !judged:
			unjudged = append(unjudged, f.Claim)
		case kept:
			stale = append(stale, f.Claim)
		}
	}
	run.Tally()
	return stale, unjudged
}
