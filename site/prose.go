package site

import (
	"fmt"
	"html/template"
)

type proseView struct {
	Title, Summary string
	HTML           template.HTML
}

type glossaryView struct {
	*term
	HTML template.HTML
}

// prosePages are the how-tos and the glossary.
func (m *model) prosePages(t templates, _ Files) ([]page, error) {
	var pages []page
	for _, h := range m.how {
		body, err := t.fill("prose", proseView{h.Title, h.Summary, m.introHTML(h.Text)})
		if err != nil {
			return nil, fmt.Errorf("how-to %s: %w", h.Name, err)
		}
		pages = append(pages, page{Path: howPage(h.Name), Title: h.Title, Kind: "how-to", Body: body, Description: h.Summary})
	}
	var terms []glossaryView
	for _, g := range m.glossary.terms {
		terms = append(terms, glossaryView{g, m.render(g.Text)})
	}
	body, err := t.fill("glossary", terms)
	return append(pages, page{
		Path: "glossary.html", Title: "Glossary", Kind: "glossary", Body: body,
		Description: "The words of the field, as they are used here.",
	}), err
}
