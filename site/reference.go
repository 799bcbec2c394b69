package site

import (
	"html/template"
	"io/fs"
	"reflect"
	"strings"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/trace"
)

// referenceView is everything that has a name, generated from what bears it.
type referenceView struct {
	Commands []Command
	Statuses []Status
	Axes     []axisView
	Claims   []*features.Claim
	Formats  []formatView
	Kinds    []kindView
}

type axisView struct {
	Name   trait.Axis
	Traits []traitView
}

type traitView struct {
	trait.Trait
	Rules   int
	Servers []string
}

// formatView is a file format: a struct as JSON has it.
type formatView struct {
	Name, About string
	Fields      []fieldView
}

type fieldView struct{ Name, Type string }

type kindView struct{ Tag, Meaning string }

var kinds = []kindView{
	{"@kernel", "the kernel itself, once in a run, with direct system calls"},
	{"@server", "judged on the recording of the exercise, for any server that has the Rule's traits"},
	{"@load", "a load of its own, for any server that has the Rule's traits and speaks the protocol"},
	{"@reference", "a load of its own that only the reference servers can take"},
	{"@wild", "named systems of other people, as they are packaged"},
	{"@measured", "beside one of these: compares numbers taken in that run"},
}

func (m *model) referencePages(t templates, _ Files) ([]page, error) {
	v := referenceView{Commands: m.Commands, Statuses: m.Statuses, Kinds: kinds, Formats: formats()}
	for _, tr := range trait.All {
		if n := len(v.Axes); n == 0 || v.Axes[n-1].Name != tr.Axis {
			v.Axes = append(v.Axes, axisView{Name: tr.Axis})
		}
		at := &v.Axes[len(v.Axes)-1]
		at.Traits = append(at.Traits, m.traitView(tr))
	}
	for _, ch := range m.chapters {
		for _, f := range ch.Features {
			v.Claims = append(v.Claims, f.Claims...)
		}
	}
	body, err := t.fill("reference", v)
	return []page{{
		Path: "reference.html", Title: "Reference", Kind: "reference", Body: body,
		Description: "Commands, exit statuses, traits, claims and file formats.",
	}}, err
}

func (m *model) traitView(tr trait.Trait) traitView {
	v := traitView{Trait: tr}
	for _, c := range m.Claims {
		if c.Traits.Has(tr.Name) {
			v.Rules++
		}
	}
	for _, s := range m.servers {
		if trait.Set(s.Traits).Has(tr.Name) {
			v.Servers = append(v.Servers, s.Name)
		}
	}
	return v
}

// formats describes the files by the very structs that are written.
func formats() []formatView {
	return []formatView{
		{"run.json", "what a run found, schema " + report.SchemaRun, fieldsOf(report.Run{})},
		{"subject", "what claims were held against", fieldsOf(report.Subject{})},
		{"result", "the finding about one claim on one subject", fieldsOf(report.Result{})},
		{"scenario", "what became of one scenario", fieldsOf(report.Scenario{})},
		{"result of one server", "what check and judge write, schema " + report.SchemaResult, fieldsOf(report.SingleResult{})},
		{"recording", "JSON lines; each line has exactly one of these fields", fieldsOf(trace.Record{})},
		{"call", "one system call of a recording", fieldsOf(trace.Call{})},
		{"client", "what one of the tester's connections did", fieldsOf(trace.Client{})},
	}
}

// fieldsOf lists the fields of a struct as JSON names them, those of embedded structs too.
func fieldsOf(v any) []fieldView {
	var out []fieldView
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			out = append(out, fieldsOf(reflect.Zero(f.Type).Interface())...)
		case name != "" && name != "-":
			out = append(out, fieldView{name, strings.NewReplacer("*", "", "[]", "list of ", "check.", "", "report.", "", "trace.", "").Replace(f.Type.String())})
		}
	}
	return out
}

// mistakeView is a counterexample on its page.
type mistakeView struct {
	Server
	Page  string
	Code  template.HTML
	Doc   template.HTML
	Found []wrongFinding
}

type wrongFinding struct {
	Claim  *features.Claim
	Result *report.Result
}

// wrongPages shows the servers that are wrong on purpose: a list of the mistakes, and for each a page with its code, and
// the witness that convicts it.
func (m *model) wrongPages(t templates, _ Files) ([]page, error) {
	var all []mistakeView
	var pages []page
	for _, s := range m.wrong {
		v := mistakeView{Server: s, Page: mistakePage(s.Name)}
		for _, id := range s.Breaks {
			v.Found = append(v.Found, wrongFinding{m.claims[id], m.finding(id, s.Name)})
		}
		if m.Counterexamples != nil && s.File != "" {
			src, err := fs.ReadFile(m.Counterexamples, s.File)
			if err != nil {
				return nil, err
			}
			v.Code = highlight("go", string(src))
		}
		all = append(all, v)
		body, err := t.fill("mistake", v)
		if err != nil {
			return nil, err
		}
		pages = append(pages, page{Path: v.Page, Title: s.Name, Kind: "mistake", Body: body, Description: "A server that is wrong on purpose: " + s.Summary + "."})
	}
	body, err := t.fill("counterexamples", all)
	return append(pages, page{
		Path: "counterexamples.html", Title: "Wrong on purpose", Kind: "counterexamples", Body: body,
		Description: "Servers that each make one mistake that people make, and the check that catches it.",
	}), err
}
