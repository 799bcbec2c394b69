package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
)

// Change is a finding that differs between two runs.
type Change struct {
	Claim, Subject string
	Before, After  check.Outcome // "" where there was none
	Observed       string        // by the later run, or by the earlier where it has no such finding
}

// Lost reports whether a claim that was kept is kept no more.
func (c Change) Lost() bool { return c.Before == check.Pass && c.After != check.Pass }

// Word says in a word what kind of change it is.
func (c Change) Word() string {
	switch {
	case c.Before == "":
		return "new"
	case c.After == "":
		return "gone"
	case Worse(c.After, c.Before):
		return "worse"
	default:
		return "better"
	}
}

// Findings are what a file of results says, whatever its form.
type Findings struct {
	Kernel  string
	Results []Result
}

// ReadFindings reads what run --json or check --json wrote.
func ReadFindings(r io.Reader) (f Findings, err error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return f, err
	}
	var head struct{ Schema, Kernel string }
	if err := json.Unmarshal(data, &head); err != nil {
		return f, fmt.Errorf("not JSON: %w", err)
	}
	f.Kernel = head.Kernel
	switch head.Schema {
	case SchemaRun:
		var run Run
		err = json.Unmarshal(data, &run)
		f.Results = run.Results
	case SchemaResult:
		var one SingleResult
		err = json.Unmarshal(data, &one)
		f.Results = one.Claims
		for i := range f.Results {
			f.Results[i].Subject = one.Subject.Name
		}
	default:
		err = fmt.Errorf("schema %q is neither %s nor %s", head.Schema, SchemaRun, SchemaResult)
	}
	return f, err
}

// Diff lists what changed from one run to another, what was lost first. Two files with one subject each are compared
// whatever the subjects are called: a server's new version, or another server.
func Diff(before, after Findings) (changes []Change) {
	rename := before.only() != "" && after.only() != ""
	type key struct{ claim, subject string }
	at := func(r Result) key {
		if rename {
			return key{r.Claim, ""}
		}
		return key{r.Claim, r.Subject}
	}
	was, seen := map[key]Result{}, map[key]bool{}
	for _, r := range before.Results {
		was[at(r)] = r
	}
	for _, r := range after.Results {
		old := was[at(r)]
		seen[at(r)] = true
		if old.Outcome != r.Outcome {
			changes = append(changes, Change{r.Claim, r.Subject, old.Outcome, r.Outcome, r.Observed})
		}
	}
	for _, r := range before.Results {
		if !seen[at(r)] {
			changes = append(changes, Change{r.Claim, r.Subject, r.Outcome, "", r.Observed})
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return rank(a) - rank(b) })
	return changes
}

func rank(c Change) int {
	return slices.Index([]string{"worse", "gone", "new", "better"}, c.Word())
}

// only is the subject if there is but one.
func (f Findings) only() string {
	name := ""
	for _, r := range f.Results {
		if name != "" && r.Subject != name {
			return ""
		}
		name = r.Subject
	}
	return name
}

// PrintDiff prints the changes, a line each, and what was seen where something got worse.
func PrintDiff(out io.Writer, changes []Change, style Style) {
	colors := map[string]string{"worse": "1;31", "gone": "33", "better": "32"}
	for _, c := range changes {
		was, is := string(c.Before), string(c.After)
		fmt.Fprintf(out, "%s %-36s %s  %s → %s\n", style.Paint(colors[c.Word()], fmt.Sprintf("%-7s", c.Word())), c.Claim, c.Subject,
			orDash(was), orDash(is))
		if c.Word() == "worse" && c.Observed != "" {
			fmt.Fprintf(out, "        %s\n", style.Wrap(strings.TrimSpace(c.Observed), 8))
		}
	}
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
