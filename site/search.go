package site

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
)

// entry is something that a search can find. The names are short, since the index is part of the site.
type entry struct {
	URL   string `json:"u"`
	Kind  string `json:"k"`
	ID    string `json:"i,omitempty"`
	Title string `json:"t"`
	Text  string `json:"x"`
}

// longestText is how much of a text is searched.
const longestText = 900

// searchIndex writes the index: a script that sets a variable, so that it can be loaded from disk.
func (m *model) searchIndex(pages []page, files Files) error {
	var all []entry
	for _, ch := range m.chapters {
		all = append(all, entry{chapterPage(ch.Folder), "chapter", "", ch.Number + " " + ch.Title, plain(string(m.render(ch.Intro)))})
		for _, f := range ch.Features {
			for _, c := range f.Claims {
				all = append(all, entry{m.claimURL(c.ID), "claim", c.ID, c.Title, plain(string(m.render(c.Text)))})
			}
		}
	}
	for _, s := range m.servers {
		all = append(all, entry{serverPage(s.Name), "server", s.Name, s.Summary, strings.Join(s.Traits, " ")})
	}
	for _, s := range m.wrong {
		all = append(all, entry{mistakePage(s.Name), "mistake", s.Name, s.Summary, strings.Join(s.Breaks, " ")})
	}
	for _, h := range m.how {
		all = append(all, entry{howPage(h.Name), "how to", "", h.Title, h.Summary + " " + plain(string(m.render(h.Text)))})
	}
	for _, t := range m.glossary.terms {
		all = append(all, entry{"glossary.html#" + t.ID, "word", "", t.Name, plain(string(m.render(t.Text)))})
	}
	for _, c := range m.Commands {
		all = append(all, entry{"reference.html#" + slug(c.Path), "command", "", c.Path, c.Short})
	}
	for _, p := range pages {
		switch p.Kind {
		case "plots", "compare", "changes", "reference":
			all = append(all, entry{p.Path, "page", "", p.Title, p.Description})
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	files["search-index.js"] = []byte("window.iospecIndex = " + string(data) + ";\n")
	return nil
}

var anyTag = regexp.MustCompile(`<[^>]*>`)

// plain takes the text out of HTML.
func plain(text string) string {
	text = strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(text, " "))), " ")
	if r := []rune(text); len(r) > longestText {
		return string(r[:longestText])
	}
	return text
}
