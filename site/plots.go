package site

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/site/draw"
)

// plotView is a plot with its numbers.
type plotView struct {
	ID, Title string
	Picture   template.HTML
	Head      []string
	Rows      [][]string
	CSV       string
	Claims    []string
	curves    []report.Series
}

// plotTitles are those of the plots worth a page's head, in the order in which one looks at them; others follow.
var plotTitles = []string{
	"the cost of one call that finds one ready descriptor", "the cost of select and poll, as it grows", "the cost of one epoll_wait by what is ready",
	"the cost of a request amid idle descriptors", "the CPU time of a server's request amid idle clients", "a round in which each client asks once",
	"the memory that a server takes for a connection, by architecture", "the CPU time of a request, by architecture",
	"the memory of many processes and of many threads", "the latency beside a slow handler", "threads that one new client wakes", "the cost of a change of the interest list",
}

// plots gathers the series of the run by what they are of. The same series may come from several claims: it is shown once.
func (m *model) plots() []*plotView {
	if m.drawn != nil {
		return m.drawn
	}
	byTitle := map[string]*plotView{}
	for _, subject := range m.subjects() {
		for _, c := range m.Claims {
			r := m.finding(c.ID, subject)
			if r == nil {
				continue
			}
			for _, sc := range r.Scenarios {
				for _, s := range sc.Series {
					p := byTitle[s.Of]
					if p == nil {
						p = &plotView{ID: slug(s.Of), Title: sentence(s.Of)}
						byTitle[s.Of] = p
						m.drawn = append(m.drawn, p)
					}
					p.add(c.ID, subject, s)
				}
			}
		}
	}
	rank := func(p *plotView) int {
		i := slices.IndexFunc(plotTitles, func(t string) bool { return sentence(t) == p.Title })
		if i < 0 {
			return len(plotTitles)
		}
		return i
	}
	slices.SortStableFunc(m.drawn, func(a, b *plotView) int { return rank(a) - rank(b) })
	for _, p := range m.drawn {
		p.draw()
	}
	return m.drawn
}

func (p *plotView) add(claim, subject string, s report.Series) {
	if s.Name == "" {
		s.Name = subject
	}
	if slices.ContainsFunc(p.curves, func(o report.Series) bool { return o.Name == s.Name }) || len(s.X) == 0 || len(s.X) != len(s.Y) {
		return
	}
	if !slices.Contains(p.Claims, claim) {
		p.Claims = append(p.Claims, claim)
	}
	p.curves = append(p.curves, s)
}

func (p *plotView) draw() {
	p.CSV = "plot-" + p.ID + ".csv"
	first := p.curves[0]
	p.Head = []string{"curve", first.XUnit, first.YUnit}
	for _, s := range p.curves {
		for i := range s.X {
			p.Rows = append(p.Rows, []string{s.Name, exact(s.X[i]), exact(s.Y[i])})
		}
	}
	p.Picture = template.HTML(draw.Plot(p.Title, p.curves))
}

func exact(f float64) string {
	if f == float64(int64(f)) {
		return strconv.FormatInt(int64(f), 10)
	}
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 3, 64), "0"), ".")
}

func (p *plotView) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{p.Head}, p.Rows...)); err != nil {
		return nil, fmt.Errorf("write %s: %w", p.CSV, err)
	}
	return b.Bytes(), nil
}

func (m *model) plotPages(t templates, files Files) ([]page, error) {
	for _, p := range m.plots() {
		data, err := p.csv()
		if err != nil {
			return nil, err
		}
		files[p.CSV] = data
	}
	body, err := t.fill("plots", m.plots())
	return []page{{
		Path: "plots.html", Title: "Plots", Kind: "plots", Body: body,
		Description: "Costs of waiting, memory of connections, herds: drawn from the numbers of a run.",
	}}, err
}

// plotFigure is a plot in the midst of a text, by its id.
func (m *model) plotFigure(id string) template.HTML {
	for _, p := range m.plots() {
		if p.ID == id {
			caption := fmt.Sprintf(`%s. <a href="plots.html#%s">Its numbers.</a>`, template.HTMLEscapeString(p.Title), p.ID)
			return figure("in-text-"+p.ID, string(p.Picture), template.HTML(caption))
		}
	}
	return m.render("*(The plot is drawn from numbers that this run does not have.)*")
}
