package site

import (
	"html/template"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/report"
)

// ruleView is a claim with all that is known about it.
type ruleView struct {
	*features.Claim
	Worst     check.Outcome
	Whole     []wholeView // findings on the kernel and on systems in the wild, scenario by scenario
	Servers   []resultView
	Kept      int            // servers that keep it
	Shown     []scenarioView // scenarios about servers: the steps, which are the same for all
	Wrong     []wrongView
	Reproduce string
	Judge     *judgeView
	Code      *stepsView
}

// wholeView is a finding that is shown with all its scenarios.
type wholeView struct {
	Title, subject string
	kind           features.Kind
	resultView
}

// plan shows what would be done, where the run left it out.
func (w *wholeView) plan(c *features.Claim) {
	for _, s := range c.Scenarios {
		if s.Kind == w.kind {
			w.Scenarios = append(w.Scenarios, planned(s))
		}
	}
}

// resultView is a finding on one subject.
type resultView struct {
	*report.Result
	Scenarios []scenarioView
	Who       map[int]string // what threads are called
}

// scenarioView is a scenario with what became of it.
type scenarioView struct {
	Name, Kind string
	Measured   bool
	Outcome    check.Outcome
	Observed   string
	Steps      []stepView
	Notes      []string
	Witness    []check.Witness
	Same       bool // its observation is the Rule's own
}

type stepView struct {
	Keyword, Text, Outcome string
}

// wrongView is a counterexample that must break the claim.
type wrongView struct {
	Server *Server
	*report.Result
}

// judgeView is the code that judges the claim on a recording.
type judgeView struct {
	Name, File, Doc string
	Code            template.HTML
}

// manyScenarios is from how many on a Rule's scenarios are shown as a table: rows of examples.
const manyScenarios = 9

func (m *model) rule(c *features.Claim) ruleView {
	v := ruleView{Claim: c, Worst: m.worst(c.ID), Reproduce: "iospec run --claim " + c.ID}
	for _, w := range []wholeView{{Title: "On the kernel", subject: report.Kernel, kind: features.Kernel}, {Title: "On systems in the wild", subject: report.Wild, kind: features.Wild}} {
		if r := m.finding(c.ID, w.subject); r != nil {
			w.resultView = m.result(c, r)
		} else {
			w.plan(c)
		}
		if len(w.Scenarios) > 0 {
			v.Whole = append(v.Whole, w)
		}
	}
	for _, s := range m.servers {
		if r := m.finding(c.ID, s.Name); r != nil {
			v.Servers = append(v.Servers, m.result(c, r))
			if r.Outcome == check.Pass {
				v.Kept++
			}
		}
	}
	for _, s := range c.Scenarios {
		if s.Kind != features.Kernel && s.Kind != features.Wild {
			v.Shown = append(v.Shown, planned(s))
		}
	}
	for i, s := range m.wrong {
		if slices.Contains(s.Breaks, c.ID) {
			v.Wrong = append(v.Wrong, wrongView{&m.wrong[i], m.finding(c.ID, s.Name)})
		}
	}
	v.Judge = m.judge(c.ID)
	return v
}

func planned(s features.Scenario) scenarioView {
	v := scenarioView{Name: s.Name, Kind: string(s.Kind), Measured: s.Measured}
	for _, step := range s.Steps {
		word, text, _ := strings.Cut(step, " ")
		v.Steps = append(v.Steps, stepView{Keyword: word, Text: text})
	}
	return v
}

func (m *model) result(c *features.Claim, r *report.Result) resultView {
	v := resultView{Result: r, Who: map[int]string{}}
	for _, s := range r.Scenarios {
		sv := scenarioView{Name: s.Name, Kind: s.Kind, Outcome: s.Outcome, Observed: s.Observed, Notes: s.Notes, Witness: s.Witness}
		sv.Same = len(s.Notes) > 0 && s.Observed == strings.Join(s.Notes, "; ")
		plan := slices.IndexFunc(c.Scenarios, func(p features.Scenario) bool { return p.Name == s.Name || isCase(p, s) })
		for i, step := range s.Steps {
			out := stepView{Text: step.Text, Outcome: step.Outcome}
			if plan >= 0 && i < len(c.Scenarios[plan].Steps) {
				out.Keyword, _, _ = strings.Cut(c.Scenarios[plan].Steps[i], " ")
				sv.Measured = c.Scenarios[plan].Measured
			}
			sv.Steps = append(sv.Steps, out)
		}
		v.Scenarios = append(v.Scenarios, sv)
	}
	if st := m.stages[r.Subject]; st != nil {
		for _, g := range st.Groups() {
			for _, a := range g.Actors {
				v.Who[a.TID] = st.Called(a.TID)
			}
		}
	}
	return v
}

// isCase reports whether what was run is a row of an outline: its name and its steps have the row's values in them.
func isCase(plan features.Scenario, run report.Scenario) bool {
	return slices.ContainsFunc(plan.Cases(), func(steps []string) bool {
		return slices.EqualFunc(steps, run.Steps, func(step string, done report.Step) bool {
			_, text, _ := strings.Cut(step, " ")
			return text == done.Text
		})
	})
}

// Table reports whether the scenarios are rows of examples, too many to show each in full.
func (v resultView) Table() bool { return len(v.Scenarios) >= manyScenarios }

// Notes are all notes of the scenarios.
func (v resultView) Notes() []string {
	var all []string
	for _, s := range v.Scenarios {
		all = append(all, s.Notes...)
	}
	return all
}

// judge shows the predicate of a claim, found by the function that the register of predicates names.
func (m *model) judge(id string) *judgeView {
	p := check.ByClaim[id]
	if p == nil || m.Predicates == nil {
		return nil
	}
	full := runtime.FuncForPC(reflect.ValueOf(p).Pointer()).Name()
	name := full[strings.LastIndexByte(full, '.')+1:]
	d, err := m.Predicates.Function(m.Predicates.Path(""), name)
	if err != nil { // a predicate that is no function of the package
		return nil
	}
	return &judgeView{Name: name, File: "check/" + d.File, Doc: d.Doc, Code: highlight("go", d.Code)}
}
