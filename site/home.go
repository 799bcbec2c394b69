package site

import (
	"fmt"
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/report"
)

// homeView is the front page: what this is, what is broken, and everything at a glance.
type homeView struct {
	Run      runLine
	Broken   []brokenView
	Failed   bool // something of it is a failure, which stands before all else
	Counts   []countView
	Columns  []columnView
	Groups   []matrixGroup
	Verdicts []string
	Archs    []string
	Pictures []pictureView
}

type brokenView struct {
	Claim  *features.Claim
	Result *report.Result
}

type countView struct {
	N       int
	Word    string
	Explain string
}

type columnView struct {
	Name, Short, Family string
	Traits              []string
}

type matrixGroup struct {
	Chapter *chapter
	Rows    []matrixRow
}

type matrixRow struct {
	Claim *features.Claim
	Cells []check.Outcome
	Worst check.Outcome
}

// pictureView is a small picture that leads to a page.
type pictureView struct{ URL, Name, Summary string }

func (m *model) homePages(t templates, _ Files) ([]page, error) {
	v := homeView{Run: m.runLine(), Verdicts: []string{"holds", "qualified", "outdated", "refuted"}, Counts: m.counts()}
	for _, name := range m.subjects() {
		c := columnView{Name: name, Short: name}
		if s := m.server(name); s != nil {
			c.Traits = s.Traits
			if on := m.on(name); on != "" {
				c.Short += " on " + on
			}
			for _, tr := range s.Traits {
				if isArchitecture(tr) && !slices.Contains(v.Archs, tr) {
					v.Archs = append(v.Archs, tr)
				}
			}
			v.Pictures = append(v.Pictures, pictureView{serverPage(name), name, s.Summary})
		}
		v.Columns = append(v.Columns, c)
	}
	for _, ch := range m.chapters {
		g := matrixGroup{Chapter: ch}
		for _, f := range ch.Features {
			for _, c := range f.Claims {
				g.Rows = append(g.Rows, m.matrixRow(c))
			}
		}
		v.Groups = append(v.Groups, g)
	}
	v.Broken = m.broken()
	v.Failed = len(v.Broken) > 0 && bad(v.Broken[0].Result.Outcome)
	body, err := t.fill("home", v)
	return []page{{
		Path: "index.html", Title: "How servers do their I/O, as claims one can run", Kind: "home", Body: body,
		Description: "An executable specification of how network servers do their I/O: every claim, held against this kernel and a server of every architecture.",
	}}, err
}

func (m *model) matrixRow(c *features.Claim) matrixRow {
	row := matrixRow{Claim: c, Worst: m.worst(c.ID)}
	for _, name := range m.subjects() {
		var o check.Outcome
		if r := m.finding(c.ID, name); r != nil {
			o = r.Outcome
		}
		row.Cells = append(row.Cells, o)
	}
	return row
}

// broken lists what is not kept, the worst first: failures, then our own errors, then what stayed open.
func (m *model) broken() []brokenView {
	var all []brokenView
	wrong := map[string]bool{}
	for _, s := range m.Run.Subjects {
		wrong[s.Name] = len(s.Breaks) > 0
	}
	for i, r := range m.Run.Results {
		if c := m.claims[r.Claim]; c != nil && r.Outcome != check.Pass && !wrong[r.Subject] {
			all = append(all, brokenView{c, &m.Run.Results[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b brokenView) int {
		switch {
		case report.Worse(a.Result.Outcome, b.Result.Outcome):
			return -1
		case report.Worse(b.Result.Outcome, a.Result.Outcome):
			return 1
		}
		return 0
	})
	return all
}

// counts are the numbers at the top: claims by verdict, servers, findings.
func (m *model) counts() []countView {
	by := map[string]int{}
	for _, c := range m.Claims {
		by[c.Verdict]++
	}
	systems := 0
	for _, s := range m.servers {
		if s.System {
			systems++
		}
	}
	return []countView{
		{len(m.Claims), "claims", fmt.Sprintf("%d hold, %d hold under a condition, %d are outdated, %d are refuted", by["holds"], by["qualified"], by["outdated"], by["refuted"])},
		{len(m.servers) - systems, "reference servers", "an architecture each, made to be read"},
		{systems, "systems in the wild", "as Debian packages them, held against the same claims"},
		{m.Run.Summary.Total(), "findings in this run", m.Run.Summary.Line()},
		{len(m.wrong), "counterexamples", "servers that are wrong on purpose, so that every check is seen to fail"},
	}
}
