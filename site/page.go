package site

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	"unicode"

	"github.com/iospec/iospec/check"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets/*
var assets embed.FS

// page is one page before it is framed.
type page struct {
	Path        string
	Title       string
	Description string // one sentence, for those who find the page elsewhere
	Kind        string // "home", "chapter", "server", …
	Body        template.HTML
	Scripts     []string // besides site.js
}

// frame is what the frame of a page is filled with.
type frame struct {
	page
	Nav []navGroup
	Run runLine
}

type navGroup struct {
	Title string
	Open  bool
	Links []navLink
}

type navLink struct {
	URL, Text, Note string
	Here, Bad       bool
}

// runLine says which run the site shows.
type runLine struct {
	Version, Kernel, Arch, When, Summary string
	CPUs                                 int
}

func (m *model) runLine() runLine {
	r := m.Run
	return runLine{
		Version: r.Version, Kernel: r.Kernel, Arch: r.Arch, CPUs: r.CPUs,
		When: r.Started.UTC().Format("2 January 2006, 15:04 UTC"), Summary: r.Summary.Line(),
	}
}

func (m *model) nav(here string) []navGroup {
	link := func(url, text, note string) navLink {
		return navLink{URL: url, Text: text, Note: note, Here: url == here}
	}
	groups := []navGroup{{Title: "Start", Links: []navLink{
		link("index.html", "All claims, all servers", ""), link("plots.html", "Plots", ""), link("compare.html", "Compare two servers", ""),
	}}}
	if m.Before != nil {
		groups[0].Links = append(groups[0].Links, link("changes.html", "What changed", ""))
	}
	var chapters, servers, systems, how []navLink
	for _, ch := range m.chapters {
		l := link(chapterPage(ch.Folder), ch.Title, ch.Number)
		for _, f := range ch.Features {
			for _, c := range f.Claims {
				l.Bad = l.Bad || bad(m.worst(c.ID))
			}
		}
		chapters = append(chapters, l)
	}
	for _, s := range m.servers {
		if s.System {
			systems = append(systems, link(serverPage(s.Name), s.Name, ""))
		} else {
			servers = append(servers, link(serverPage(s.Name), s.Name, ""))
		}
	}
	for _, h := range m.how {
		how = append(how, link(howPage(h.Name), h.Title, ""))
	}
	groups = append(groups, navGroup{Title: "Chapters", Links: chapters}, navGroup{Title: "Servers", Links: servers})
	if len(systems) > 0 {
		groups = append(groups, navGroup{Title: "In the wild", Links: systems})
	}
	return append(groups,
		navGroup{Title: "How to", Links: how},
		navGroup{Title: "Look up", Links: []navLink{
			link("glossary.html", "Glossary", ""), link("reference.html", "Reference", ""), link("counterexamples.html", "Counterexamples", ""),
		}})
}

// bad reports whether an outcome is one that a reader should be told of first.
func bad(o check.Outcome) bool { return o == check.Fail || o == check.Error }

// funcs are what templates may call.
func (m *model) funcs() template.FuncMap {
	return template.FuncMap{
		"md":         m.render,
		"inline":     m.inline,
		"claimURL":   m.claimURL,
		"serverURL":  serverPage,
		"mistakeURL": mistakePage,
		"chapterURL": chapterPage,
		"command":    command,
		"outcome":    outcomeBadge,
		"verdict":    verdictBadge,
		"mark":       func(o check.Outcome) string { return marks[o] },
		"join":       strings.Join,
		"bad":        bad,
		"slug":       slug,
		"ms":         func(t any) string { return fmt.Sprintf("%.3f", float64(toInt(t))/1e6) },
		"plural": func(n int, one, many string) string {
			if n == 1 {
				return "1 " + one
			}
			return fmt.Sprintf("%d %s", n, many)
		},
	}
}

func toInt(v any) int64 {
	var n int64
	_, _ = fmt.Sscan(fmt.Sprint(v), &n) // what is no number is 0
	return n
}

// inline renders one line of Markdown without a paragraph around it.
func (m *model) inline(text string) template.HTML {
	h := strings.TrimSpace(string(m.render(text)))
	h = strings.TrimPrefix(h, "<p>")
	return template.HTML(strings.TrimSuffix(h, "</p>"))
}

var marks = map[check.Outcome]string{check.Pass: "✓", check.Fail: "✗", check.Inconclusive: "?", check.Unsupported: "–", check.Error: "!"}

var outcomeWords = map[check.Outcome]string{
	check.Pass: "kept", check.Fail: "broken", check.Inconclusive: "inconclusive", check.Unsupported: "unsupported", check.Error: "error",
}

func outcomeBadge(o check.Outcome) template.HTML {
	if o == "" {
		return `<span class="badge none">not in this run</span>`
	}
	return template.HTML(fmt.Sprintf(`<span class="badge o-%s">%s %s</span>`, o, marks[o], outcomeWords[o]))
}

// verdictMeanings explain the four verdicts.
var verdictMeanings = map[string]string{
	"holds":     "true as it is said",
	"qualified": "true under a condition, which the Rule states and shows on both sides",
	"outdated":  "it was true, and a dated change has made it false",
	"refuted":   "what is measured contradicts it",
}

func verdictBadge(v string) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="badge v-%s" title="%s">%s</span>`, v, verdictMeanings[v], v))
}

func slug(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' {
			return unicode.ToLower(r)
		}
		return '-'
	}, s), "-")
}

// renderer fills the templates.
type templates struct{ *template.Template }

func (m *model) templates() (templates, error) {
	t, err := template.New("").Funcs(m.funcs()).ParseFS(templateFiles, "templates/*.html")
	return templates{t}, err
}

func (t templates) fill(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("fill %s: %w", name, err)
	}
	return template.HTML(b.String()), nil
}
