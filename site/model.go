package site

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/site/stage"
)

// model is the input, sorted by what pages ask.
type model struct {
	Input
	chapters []*chapter
	claims   map[string]*features.Claim
	results  map[string]map[string]*report.Result // by claim and subject
	stages   map[string]*stage.Stage              // by server
	servers  []Server                             // the reference servers, and the systems that the run has seen
	wrong    []Server                             // the counterexamples
	how      []*prose
	glossary *glossary

	definitions *definitions
	drawn       []*plotView
}

// chapter is a folder of features.
type chapter struct {
	Folder, Number, Title string
	Intro                 string // Markdown
	Features              []*feature
}

// feature is a file of Rules.
type feature struct {
	File, Name, Text string
	Claims           []*features.Claim
}

// prose is a hand-written page.
type prose struct{ Name, Title, Summary, Text string }

func newModel(in Input) (*model, error) {
	m := &model{Input: in, claims: map[string]*features.Claim{}, results: map[string]map[string]*report.Result{}, stages: map[string]*stage.Stage{}}
	for i := range in.Claims {
		m.claims[in.Claims[i].ID] = &in.Claims[i]
	}
	for i, r := range in.Run.Results {
		if m.results[r.Claim] == nil {
			m.results[r.Claim] = map[string]*report.Result{}
		}
		m.results[r.Claim][r.Subject] = &in.Run.Results[i]
	}
	for _, s := range in.Servers {
		if len(s.Breaks) > 0 {
			m.wrong = append(m.wrong, s)
			continue
		}
		m.servers = append(m.servers, s)
		if rec := in.Recordings[s.Name]; rec != nil {
			m.stages[s.Name] = stage.New(rec)
		}
	}
	for _, s := range in.Systems {
		s.System = true
		if rec := in.Recordings[s.Name]; rec != nil {
			m.servers = append(m.servers, s)
			m.stages[s.Name] = stage.New(rec)
		}
	}
	var err error
	if m.glossary, err = readGlossary(in.Docs); err != nil {
		return nil, err
	}
	if m.definitions, err = readDefinitions(in.Steps); err != nil {
		return nil, err
	}
	if err := m.readChapters(); err != nil {
		return nil, err
	}
	return m, m.readHowTos()
}

// readChapters orders the claims as one reads them: chapters by number, features as the introduction says.
func (m *model) readChapters() error {
	byFolder := map[string]*chapter{}
	byFile := map[string]*feature{}
	for i := range m.Claims {
		c := &m.Claims[i]
		ch := byFolder[c.Chapter]
		if ch == nil {
			ch = &chapter{Folder: c.Chapter}
			ch.Number, ch.Title, _ = strings.Cut(c.Chapter, "-")
			ch.Title = sentence(strings.ReplaceAll(ch.Title, "-", " "))
			byFolder[c.Chapter] = ch
			m.chapters = append(m.chapters, ch)
		}
		f := byFile[c.File]
		if f == nil {
			f = &feature{File: c.File, Name: c.Feature}
			byFile[c.File] = f
			ch.Features = append(ch.Features, f)
		}
		f.Claims = append(f.Claims, c)
	}
	for _, ch := range m.chapters {
		if err := m.introduce(ch); err != nil {
			return err
		}
	}
	return nil
}

func (m *model) introduce(ch *chapter) error {
	text, err := fs.ReadFile(m.Docs, path.Join("chapters", ch.Folder+".md"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a chapter may be without one while it is being written
		return fmt.Errorf("introduction of chapter %s: %w", ch.Folder, err)
	}
	head, body := splitPage(string(text))
	ch.Intro = body
	ch.Title = cmp.Or(head["title"], ch.Title)
	order := strings.Fields(head["order"])
	rank := func(f *feature) int {
		if i := slices.Index(order, strings.TrimSuffix(path.Base(f.File), ".feature")); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(ch.Features, func(a, b *feature) int { return cmp.Compare(rank(a), rank(b)) })
	for _, f := range ch.Features {
		if f.Text, err = featureText(f.File); err != nil {
			return err
		}
	}
	return nil
}

// featureText is what stands between a feature's name and its first Rule.
func featureText(file string) (string, error) {
	f, err := features.FS.Open(file)
	if err != nil {
		return "", fmt.Errorf("read feature: %w", err)
	}
	defer f.Close()
	doc, err := gherkin.ParseGherkinDocument(f, (&messages.Incrementing{}).NewId)
	if err != nil {
		return "", fmt.Errorf("read feature %s: %w", file, err)
	}
	var lines []string
	for l := range strings.Lines(doc.Feature.Description) {
		lines = append(lines, strings.TrimSpace(l))
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), nil
}

func (m *model) readHowTos() error {
	names, err := fs.Glob(m.Docs, "how-to/*.md")
	if err != nil {
		return fmt.Errorf("read how-tos: %w", err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(m.Docs, name)
		if err != nil {
			return fmt.Errorf("read how-to: %w", err)
		}
		head, body := splitPage(string(text))
		m.how = append(m.how, &prose{strings.TrimSuffix(path.Base(name), ".md"), head["title"], head["summary"], body})
	}
	return nil
}

// finding is what the run found about a claim on a subject, nil if nothing.
func (m *model) finding(claim, subject string) *report.Result { return m.results[claim][subject] }

// worst is the worst outcome of a claim, over the kernel and all reference servers; "" if it was not run.
func (m *model) worst(claim string) check.Outcome {
	var worst check.Outcome
	for _, subject := range m.subjects() {
		if r := m.finding(claim, subject); r != nil && (worst == "" || report.Worse(r.Outcome, worst)) {
			worst = r.Outcome
		}
	}
	return worst
}

// subjects are the kernel, the reference servers in the order of the catalogue, and the systems in the wild.
func (m *model) subjects() []string {
	names := []string{report.Kernel}
	for _, s := range m.Run.Subjects {
		if s.Name == report.Wild {
			names = append(names, s.Name)
		}
	}
	for _, s := range m.servers {
		names = append(names, s.Name)
	}
	return names
}

// addresses of pages

func chapterPage(folder string) string { return "chapter-" + folder + ".html" }
func serverPage(name string) string    { return "server-" + strings.ReplaceAll(name, "/", "-") + ".html" }
func mistakePage(name string) string   { return strings.ReplaceAll(name, "/", "-") + ".html" }
func howPage(name string) string       { return "how-to-" + name + ".html" }

// claimURL is where a claim has its place.
func (m *model) claimURL(id string) string {
	if c := m.claims[id]; c != nil {
		return chapterPage(c.Chapter) + "#" + id
	}
	return ""
}

func (m *model) server(name string) *Server {
	for i, s := range m.servers {
		if s.Name == name {
			return &m.servers[i]
		}
	}
	return nil
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
