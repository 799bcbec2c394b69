package site

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/site/draw"
)

// chapterView is a chapter: its introduction, then each feature with its Rules.
type chapterView struct {
	*chapter
	IntroHTML  template.HTML
	Features   []featureView
	Broken     []*features.Claim
	Prev, Next *chapter
	Counts     map[string]int
}

type featureView struct {
	*feature
	Anchor string
	Rules  []ruleView
}

func (m *model) chapterPages(t templates, _ Files) ([]page, error) {
	var pages []page
	for i, ch := range m.chapters {
		v := chapterView{chapter: ch, IntroHTML: m.introHTML(ch.Intro), Counts: map[string]int{}}
		if i > 0 {
			v.Prev = m.chapters[i-1]
		}
		if i+1 < len(m.chapters) {
			v.Next = m.chapters[i+1]
		}
		shown := map[[2]string]string{}
		for _, f := range ch.Features {
			fv := featureView{feature: f, Anchor: slug(f.Name)}
			for _, c := range f.Claims {
				r := m.rule(c)
				r.Code = m.codeOf(c, shown)
				fv.Rules = append(fv.Rules, r)
				v.Counts[c.Verdict]++
				if bad(r.Worst) {
					v.Broken = append(v.Broken, c)
				}
			}
			v.Features = append(v.Features, fv)
		}
		body, err := t.fill("chapter", v)
		if err != nil {
			return nil, err
		}
		pages = append(pages, page{
			Path: chapterPage(ch.Folder), Title: ch.Title, Kind: "chapter", Body: body,
			Description: fmt.Sprintf("Chapter %s: %s, as claims with their evidence.", ch.Number, strings.ToLower(ch.Title)),
		})
	}
	return pages, nil
}

// directive is a line of an introduction that stands for a picture: "::picture reactor/single", "::plot wait-cost".
var directive = regexp.MustCompile(`(?m)^::(picture|timeline|several|plot|interest) (\S+)$`)

// introHTML renders an introduction, with the pictures where it asks for them.
func (m *model) introHTML(text string) template.HTML {
	var out strings.Builder
	for {
		at := directive.FindStringSubmatchIndex(text)
		if at == nil {
			out.WriteString(string(m.render(text)))
			return template.HTML(out.String())
		}
		out.WriteString(string(m.render(text[:at[0]])))
		out.WriteString(string(m.picture(text[at[2]:at[3]], text[at[4]:at[5]])))
		text = text[at[1]:]
	}
}

// picture makes the picture of a directive; one that this run has no recording or no numbers for is replaced by words.
func (m *model) picture(kind, name string) template.HTML {
	if kind == "plot" {
		return m.plotFigure(name)
	}
	s := m.stages[name]
	if s == nil {
		return m.render(fmt.Sprintf("*(The picture of `%s` is drawn from its recording, which this run does not have.)*", name))
	}
	switch kind {
	case "timeline":
		return m.oneFigure(name, s)
	case "several":
		return m.severalFigure(name, s)
	case "interest":
		return figure("interest-"+slug(name), draw.Interest(s), template.HTML(fmt.Sprintf("What <code>%s</code> asked of epoll, and what it got; below right, how many events its waits brought: how often none, one, two, …", name)))
	}
	return m.architectureFigure(name, s)
}
