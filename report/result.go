// Package report is the one result model. Terminal, JSON and (later) JUnit and HTML are renderings of it.
package report

import (
	"time"

	"github.com/iospec/iospec/check"
)

// Schema names of the JSON forms.
const (
	SchemaRun    = "iospec/run/v1"    // many subjects: `iospec run`
	SchemaResult = "iospec/result/v1" // one subject: `iospec check`, `iospec judge`
)

// Run is everything one run of the specification found.
type Run struct {
	Schema   string    `json:"schema"`
	Version  string    `json:"version"` // of iospec
	Started  time.Time `json:"started"`
	Seconds  float64   `json:"seconds"`
	Kernel   string    `json:"kernel"`
	Arch     string    `json:"arch"`
	CPUs     int       `json:"cpus"`
	Subjects []Subject `json:"subjects"`
	Claims   []Claim   `json:"claims"` // what was selected, in the order of the features
	Results  []Result  `json:"results"`
	Summary  Summary   `json:"summary"`

	Confusion *Confusion `json:"confusion,omitempty"` // of the reference servers that were recorded
}

// Subject is what claims were held against: the kernel, or a server.
type Subject struct {
	Name      string   `json:"name"` // "kernel", or a server's name
	As        []string `json:"as,omitempty"`
	Command   []string `json:"command,omitempty"`
	On        string   `json:"on,omitempty"`        // what it ran on, if not on this machine as such: "Wine 8.0"
	Recording string   `json:"recording,omitempty"` // file in the report folder
	Breaks    []string `json:"breaks,omitempty"`    // a counterexample: the claims it must break, and no other
}

// Kernel is the name of the subject that stands for the machine itself.
const Kernel = "kernel"

// Wild is the name of the subject that stands for named systems of other people, about which some claims speak.
const Wild = "wild"

// Claim is what a report needs to know of a Rule.
type Claim struct {
	ID      string `json:"id"`
	Verdict string `json:"verdict"`
	Section string `json:"section"`
	Chapter string `json:"chapter"`
	Title   string `json:"title"`
	File    string `json:"file"`
	Line    int    `json:"line"`
}

// Result is the finding about one claim on one subject: the worst of its scenarios.
type Result struct {
	Claim   string `json:"id"`
	Subject string `json:"subject,omitempty"`
	check.Finding
	Scenarios []Scenario `json:"scenarios,omitempty"`
	Reproduce string     `json:"reproduce,omitempty"` // the command that shows it again
	Known     *string    `json:"known,omitempty"`     // it fails, as is known; why it does
}

// Scenario is what became of one scenario.
type Scenario struct {
	Name    string   `json:"name"`
	Line    int      `json:"line"`
	Kind    string   `json:"kind"`
	Steps   []Step   `json:"steps,omitempty"`
	Notes   []string `json:"notes,omitempty"`  // what was measured and seen
	Series  []Series `json:"series,omitempty"` // the numbers among it, for plots
	Seconds float64  `json:"seconds"`
	check.Finding
}

// Step is one line of a scenario.
type Step struct {
	Text    string `json:"text"`
	Outcome string `json:"outcome"` // "passed", "failed", "skipped" (after a failure), "undefined"
}

// Summary counts findings.
type Summary struct {
	Pass         int `json:"pass"`
	Fail         int `json:"fail"`
	Inconclusive int `json:"inconclusive"`
	Unsupported  int `json:"unsupported"`
	Error        int `json:"error"`
	Known        int `json:"known,omitempty"` // fail, as is known
}

// severity orders outcomes: a Rule is as bad as its worst scenario.
var severity = map[check.Outcome]int{check.Pass: 0, check.Unsupported: 1, check.Inconclusive: 2, check.Error: 3, check.Fail: 4}

// Worse reports whether a is a worse outcome than b.
func Worse(a, b check.Outcome) bool { return severity[a] > severity[b] }

// Count adds an outcome.
func (s *Summary) Count(o check.Outcome) {
	switch o {
	case check.Pass:
		s.Pass++
	case check.Fail:
		s.Fail++
	case check.Inconclusive:
		s.Inconclusive++
	case check.Unsupported:
		s.Unsupported++
	default:
		s.Error++
	}
}

// add counts a result: one that is known to fail is no failure.
func (s *Summary) add(r Result) {
	if r.Known != nil {
		s.Known++
		return
	}
	s.Count(r.Outcome)
}

// Total is the number of findings.
func (s Summary) Total() int {
	return s.Pass + s.Fail + s.Inconclusive + s.Unsupported + s.Error + s.Known
}

// Tally counts the run's findings into its summary. Subjects that are wrong on purpose are not counted: what they owe
// is told by Counterexamples.
func (r *Run) Tally() {
	wrong := map[string]bool{}
	for _, s := range r.Subjects {
		wrong[s.Name] = len(s.Breaks) > 0
	}
	r.Summary = Summary{}
	for _, res := range r.Results {
		if !wrong[res.Subject] {
			r.Summary.add(res)
		}
	}
}

// SingleResult is the JSON form of what was found about one server.
type SingleResult struct {
	Schema  string   `json:"schema"`
	Version string   `json:"version"`
	Kernel  string   `json:"kernel"`
	Subject Subject  `json:"subject"`
	As      []string `json:"as"`
	Claims  []Result `json:"claims"`
	Summary Summary  `json:"summary"`
}

// ResultOf picks one subject out of a run.
func ResultOf(run *Run, s Subject) SingleResult {
	out := SingleResult{Schema: SchemaResult, Version: run.Version, Kernel: run.Kernel, Subject: s, As: s.As}
	for _, r := range run.Results {
		if r.Subject == s.Name {
			out.Claims = append(out.Claims, r)
			out.Summary.add(r)
		}
	}
	return out
}
