package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/iospec/iospec/trace"
)

// judge is one predicate at work: the recording, and the two sentences that every finding of it shares.
type judge struct {
	*trace.Recording
	expected string // what the claim demands
	acquit   string // what would have acquitted
}

// maxWitnesses is how many events a finding shows: enough to follow, few enough to read.
const maxWitnesses = 10

func (j judge) pass(calls []*trace.Call, observed string, args ...any) Finding {
	return Finding{Outcome: Pass, Expected: j.expected, Observed: fmt.Sprintf(observed, args...), Witness: j.witness(calls)}
}

func (j judge) fail(calls []*trace.Call, observed string, args ...any) Finding {
	return Finding{
		Outcome: Fail, Expected: j.expected, Observed: fmt.Sprintf(observed, args...), Witness: j.witness(calls), Acquit: j.acquit,
	}
}

// unclear says that the load did not exercise the claim, and what it would have had to do.
func (j judge) unclear(observed string, args ...any) Finding {
	return Finding{Outcome: Inconclusive, Expected: j.expected, Observed: fmt.Sprintf(observed, args...)}
}

// witness turns calls into evidence: in order, each once, the last of them kept when there are too many.
func (j judge) witness(calls []*trace.Call) []Witness {
	calls = slices.DeleteFunc(slices.Clone(calls), func(c *trace.Call) bool { return c == nil })
	slices.SortFunc(calls, func(a, b *trace.Call) int { return cmp.Compare(a.Seq, b.Seq) })
	calls = slices.Compact(calls)
	if len(calls) > maxWitnesses {
		calls = append(calls[:maxWitnesses-1], calls[len(calls)-1])
	}
	var ws []Witness
	for _, c := range calls {
		ws = append(ws, Witness{Seq: c.Seq, At: c.Enter, PID: c.PID, TID: c.TID, Text: j.Text(c)})
	}
	return ws
}

// told adds evidence that is no call.
func (f Finding) told(text string, args ...any) Finding {
	f.Witness = append(f.Witness, Witness{Text: fmt.Sprintf(text, args...)})
	return f
}

// plural counts things, in English.
func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ss"):
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
