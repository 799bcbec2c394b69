package features

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/iospec/iospec/internal/trait"
)

// FS holds the feature files, one folder per chapter.
//
//go:embed */*.feature
var FS embed.FS

// Claim is one Rule.
type Claim struct {
	ID        string     `json:"id"`
	Verdict   string     `json:"verdict"` // holds, qualified, outdated, refuted
	Section   string     `json:"section"` // of the source text: "2.1"; "beyond" for what is not in it
	Traits    trait.Set  `json:"traits,omitempty"`
	Title     string     `json:"title"` // the claim in one sentence
	Text      string     `json:"text,omitempty"`
	Chapter   string     `json:"chapter"` // the folder
	Feature   string     `json:"feature"` // the feature's name
	File      string     `json:"file"`
	Line      int        `json:"line"`
	Scenarios []Scenario `json:"scenarios"`
}

// Kind says what a scenario runs against.
type Kind string

const (
	Kernel    Kind = "kernel"
	Server    Kind = "server"
	Load      Kind = "load"
	Reference Kind = "reference"
	Wild      Kind = "wild"
)

// Scenario is one piece of evidence for a claim.
type Scenario struct {
	Name     string   `json:"name"`
	Kind     Kind     `json:"kind"`
	Measured bool     `json:"measured,omitempty"`
	Linux    bool     `json:"linux,omitempty"` // does to the server's processes what only Linux has: not for one of another system
	Line     int      `json:"line"`
	Steps    []string `json:"steps"`

	rows []*strings.Replacer // of an outline, each <name> by what a row of its table has for it
}

// Cases gives the scenario's steps as they run: once, or for each row of an outline's table.
func (s Scenario) Cases() [][]string {
	if len(s.rows) == 0 {
		return [][]string{s.Steps}
	}
	var all [][]string
	for _, row := range s.rows {
		var steps []string
		for _, step := range s.Steps {
			steps = append(steps, row.Replace(step))
		}
		all = append(all, steps)
	}
	return all
}

// Has reports whether some scenario of the claim is of the kind.
func (c Claim) Has(k Kind) bool {
	return slices.ContainsFunc(c.Scenarios, func(s Scenario) bool { return s.Kind == k })
}

// AboutServers reports whether some scenario of the claim runs against servers.
func (c Claim) AboutServers() bool { return c.Has(Server) || c.Has(Load) || c.Has(Reference) }

var (
	verdicts  = []string{"holds", "qualified", "outdated", "refuted"}
	kinds     = []string{string(Kernel), string(Server), string(Load), string(Reference), string(Wild)}
	claimID   = regexp.MustCompile(`^[a-z0-9]+\.[a-z0-9-]+$`)
	sectionID = regexp.MustCompile(`^section-(.+)$`)
)

// Register reads every claim from the embedded features, in the order of the files. Every fault of every file is in
// the error.
func Register() ([]Claim, error) { return ReadRegister(FS) }

// ReadRegister reads the claims of the feature files in fsys.
func ReadRegister(fsys fs.FS) ([]Claim, error) {
	var claims []Claim
	var faults []error
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".feature") {
			return err
		}
		found, errs := readFile(fsys, path)
		claims = append(claims, found...)
		faults = append(faults, errs...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read features: %w", err)
	}
	claims = slices.Clip(claims)
	seen := map[string]Claim{}
	for _, c := range claims {
		if first, twice := seen[c.ID]; twice {
			faults = append(faults, fmt.Errorf("%s:%d: claim %s is also at %s:%d; append a suffix to one id", c.File, c.Line, c.ID, first.File, first.Line))
		}
		seen[c.ID] = c
	}
	slices.SortStableFunc(claims, func(a, b Claim) int { return cmp.Compare(a.Chapter, b.Chapter) })
	return claims, errors.Join(faults...)
}

func readFile(fsys fs.FS, path string) (claims []Claim, faults []error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, []error{err}
	}
	defer f.Close()
	doc, err := gherkin.ParseGherkinDocument(f, (&messages.Incrementing{}).NewId)
	if err != nil {
		return nil, []error{fmt.Errorf("%s: %w", path, err)}
	}
	if doc.Feature == nil {
		return nil, []error{fmt.Errorf("%s: no feature in it", path)}
	}
	chapter, _, _ := strings.Cut(path, "/")
	for _, child := range doc.Feature.Children {
		if child.Scenario != nil {
			faults = append(faults, fmt.Errorf("%s:%d: a scenario outside a Rule proves no claim", path, child.Scenario.Location.Line))
		}
		if child.Rule == nil {
			continue
		}
		c, errs := readRule(child.Rule, doc.Feature.Tags)
		c.Chapter, c.Feature, c.File = chapter, doc.Feature.Name, path
		for _, e := range errs {
			faults = append(faults, fmt.Errorf("%s:%d: %w", path, c.Line, e))
		}
		claims = append(claims, c)
	}
	return claims, faults
}

func readRule(rule *messages.Rule, inherited []*messages.Tag) (Claim, []error) {
	c := Claim{Title: rule.Name, Text: dedent(rule.Description), Line: int(rule.Location.Line)}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	one := func(what string, field *string, value string) {
		if *field != "" && *field != value {
			fault("two %ss: @%s and @%s", what, *field, value)
		}
		*field = value
	}
	for _, tag := range slices.Concat(inherited, rule.Tags) {
		name := strings.TrimPrefix(tag.Name, "@")
		switch _, isTrait := trait.Find(name); {
		case slices.Contains(verdicts, name):
			one("verdict", &c.Verdict, name)
		case sectionID.MatchString(name):
			one("section", &c.Section, strings.TrimPrefix(name, "section-"))
		case isTrait:
			if !c.Traits.Has(name) {
				c.Traits = append(c.Traits, name)
			}
		case claimID.MatchString(name):
			one("claim id", &c.ID, name)
		default:
			fault("tag @%s is no claim id, verdict, section or trait", name)
		}
	}
	for what, value := range map[string]string{"claim id": c.ID, "verdict": c.Verdict, "section": c.Section} {
		if value == "" {
			fault("Rule %q has no %s tag", c.Title, what)
		}
	}
	for _, child := range rule.Children {
		if child.Scenario == nil {
			continue
		}
		s, err := readScenario(child.Scenario)
		if err != nil {
			fault("%w", err)
		}
		c.Scenarios = append(c.Scenarios, s)
	}
	switch {
	case len(c.Scenarios) == 0:
		fault("claim %s has no scenario", c.ID)
	case c.Verdict != "holds" && len(c.Scenarios) < 2:
		fault("claim %s is %s: show where it holds and where it does not, in two scenarios", c.ID, c.Verdict)
	}
	if len(c.Traits) == 0 && c.AboutServers() {
		fault("claim %s has scenarios about servers but no trait, so it applies to none", c.ID)
	}
	return c, faults
}

func readScenario(sc *messages.Scenario) (Scenario, error) {
	s := Scenario{Name: sc.Name, Line: int(sc.Location.Line)}
	var unknown []string
	for _, tag := range sc.Tags {
		name := strings.TrimPrefix(tag.Name, "@")
		switch {
		case slices.Contains(kinds, name) && s.Kind == "":
			s.Kind = Kind(name)
		case name == "measured":
			s.Measured = true
		case name == "linux":
			s.Linux = true
		default:
			unknown = append(unknown, tag.Name)
		}
	}
	for _, step := range sc.Steps {
		s.Steps = append(s.Steps, strings.TrimSpace(step.Keyword)+" "+step.Text)
	}
	for _, table := range sc.Examples {
		for _, row := range table.TableBody {
			var values []string
			for i, cell := range row.Cells {
				values = append(values, "<"+table.TableHeader.Cells[i].Value+">", cell.Value)
			}
			s.rows = append(s.rows, strings.NewReplacer(values...))
		}
	}
	if s.Kind == "" || len(unknown) > 0 {
		return s, fmt.Errorf("scenario %q needs exactly one of @kernel, @server, @load, @reference, @wild, and besides it @measured and @linux at most; it has %d unknown tags %v", s.Name, len(unknown), unknown)
	}
	return s, nil
}

// dedent removes the indentation that all lines of a description share, so that it is plain Markdown.
func dedent(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	indent := -1
	for _, l := range lines {
		if t := strings.TrimLeft(l, " "); t != "" && (indent < 0 || len(l)-len(t) < indent) {
			indent = len(l) - len(t)
		}
	}
	for i, l := range lines {
		lines[i] = strings.TrimRight(l[min(max(indent, 0), len(l)):], " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
