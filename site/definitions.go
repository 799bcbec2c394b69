package site

import (
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/code"
)

// definitions are where the steps of scenarios are defined.
type definitions struct {
	tree *code.Tree
	all  []code.Definition
	says []*regexp.Regexp // of each, what a step says
}

// readDefinitions finds the steps in the source of package steps.
func readDefinitions(t *code.Tree) (*definitions, error) {
	if t == nil {
		return &definitions{}, nil
	}
	all, err := t.Definitions(t.Path(""), "Given", "When", "Then", "Step")
	if err != nil {
		return nil, fmt.Errorf("read the code of steps: %w", err)
	}
	d := &definitions{tree: t, all: all}
	for _, def := range all {
		says, err := regexp.Compile(def.Text)
		if err != nil {
			return nil, fmt.Errorf("read the code of steps: %s in %s: %w", def.Func, def.File, err)
		}
		d.says = append(d.says, says)
	}
	return d, nil
}

// of gives the definitions of the steps of a claim's scenarios that do something of their own. What judges a recording is
// a predicate, and is shown as one.
func (d *definitions) of(c *features.Claim) (found []code.Definition) {
	var steps []string
	for _, s := range c.Scenarios {
		if s.Kind == features.Server {
			continue
		}
		for _, step := range slices.Concat(s.Cases()...) {
			_, text, _ := strings.Cut(step, " ")
			steps = append(steps, text)
		}
	}
	for i, says := range d.says {
		for _, text := range steps {
			if says.MatchString(text) {
				found = append(found, d.all[i])
				break
			}
		}
	}
	return found
}

// stepsView is the code of a Rule's steps.
type stepsView struct {
	Claim string
	Names string // of the functions that define them
	Decls []stepDecl
}

// stepDecl is a declaration of that code. What the steps of several Rules of a page use is shown at the first.
type stepDecl struct {
	code.Decl
	Text template.HTML // its comment
	Code template.HTML
	At   string // the claim where it is shown, if not here
}

// codeOf shows what the steps of a claim do. The page has shown some declarations already: by file and name, at which claim.
func (m *model) codeOf(c *features.Claim, shown map[[2]string]string) *stepsView {
	some := m.definitions.of(c)
	if len(some) == 0 {
		return nil
	}
	v := &stepsView{Claim: c.ID}
	var names []string
	for _, d := range some {
		if len(names) == 0 || names[len(names)-1] != d.Func {
			names = append(names, d.Func)
		}
	}
	v.Names = strings.Join(names, ", ")
	for _, d := range m.definitions.tree.Excerpt(some, m.definitions.all) {
		key := [2]string{d.File, d.Name}
		out := stepDecl{Decl: d, At: shown[key]}
		if slices.Contains(names, d.Name) {
			out.At = ""
		} else if out.At == "" {
			shown[key] = c.ID
		}
		if out.At == "" {
			out.Text, out.Code = m.render(godoc(d.Doc)), highlight("go", d.Code)
		}
		v.Decls = append(v.Decls, out)
	}
	return v
}
