package site

import (
	"cmp"
	"fmt"
	"html"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// glossary is the words that a reader may look up.
type glossary struct {
	terms  []*term
	byWord map[string]*term // in lower case, aliases too
	words  *regexp.Regexp
}

// term is one word with its meaning.
type term struct {
	Name, ID, Text string
	Also           []string
}

// readGlossary reads the headings of glossary.md. A first line of "also: a, b" gives other forms of the word.
func readGlossary(docs fs.FS) (*glossary, error) {
	text, err := fs.ReadFile(docs, "glossary.md")
	if err != nil {
		return nil, fmt.Errorf("read the glossary: %w", err)
	}
	g := &glossary{byWord: map[string]*term{}}
	for _, part := range strings.Split("\n"+string(text), "\n## ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		head, body := splitPage(strings.TrimSpace(body))
		t := &term{Name: strings.TrimSpace(name), Text: body}
		t.ID = strings.ReplaceAll(strings.ToLower(t.Name), " ", "-")
		for _, w := range strings.Split(head["also"], ",") {
			if w = strings.TrimSpace(w); w != "" {
				t.Also = append(t.Also, w)
			}
		}
		g.terms = append(g.terms, t)
		for _, w := range append([]string{t.Name}, t.Also...) {
			if g.byWord[strings.ToLower(w)] != nil {
				return nil, fmt.Errorf("glossary: %q is explained twice", w)
			}
			g.byWord[strings.ToLower(w)] = t
		}
	}
	slices.SortFunc(g.terms, func(a, b *term) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	g.compile()
	return g, nil
}

// compile makes one expression of all words, the longest first, each with its plural.
func (g *glossary) compile() {
	var words []string
	for w := range g.byWord {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	for i, w := range words {
		words[i] = regexp.QuoteMeta(html.EscapeString(w))
	}
	g.words = regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)(s?)\b`)
}

var (
	htmlTag  = regexp.MustCompile(`<(/?)([a-z0-9]+)[^>]*>`)
	lonelyID = regexp.MustCompile(`^[a-z0-9/.-]+$`)
)

// closed are the elements inside which nothing is linked.
var closed = []string{"a", "code", "pre", "h1", "h2", "h3", "h4", "h5", "button", "svg", "summary"}

// link goes through HTML and links words of the glossary, each at its first use, and names of claims and servers that
// stand in code.
func (m *model) link(text string) string {
	var out strings.Builder
	used := map[*term]bool{}
	depth := 0
	for text != "" {
		at := htmlTag.FindStringSubmatchIndex(text)
		if at == nil {
			out.WriteString(m.linkWords(text, depth, used))
			break
		}
		out.WriteString(m.linkWords(text[:at[0]], depth, used))
		tag, name, ends := text[at[0]:at[1]], text[at[4]:at[5]], at[2] != at[3]
		if inner, after, ok := strings.Cut(text[at[1]:], "</code>"); ok && name == "code" && !ends && depth == 0 {
			if url := m.known(inner); url != "" {
				fmt.Fprintf(&out, `<a href="%s"><code>%s</code></a>`, url, inner)
				text = after
				continue
			}
		}
		out.WriteString(tag)
		if slices.Contains(closed, name) {
			if ends {
				depth--
			} else {
				depth++
			}
		}
		text = text[at[1]:]
	}
	return out.String()
}

func (m *model) linkWords(text string, depth int, used map[*term]bool) string {
	if depth > 0 || m.glossary == nil {
		return text
	}
	return m.glossary.words.ReplaceAllStringFunc(text, func(word string) string {
		t := m.glossary.byWord[strings.ToLower(word)]
		if t == nil {
			t = m.glossary.byWord[strings.ToLower(strings.TrimSuffix(word, "s"))]
		}
		if t == nil || used[t] {
			return word
		}
		used[t] = true
		return fmt.Sprintf(`<a class="term" href="glossary.html#%s">%s</a>`, t.ID, word)
	})
}

// known is the address of what a piece of code names, "" if the site does not know it.
func (m *model) known(code string) string {
	if !lonelyID.MatchString(code) {
		return ""
	}
	if url := m.claimURL(code); url != "" {
		return url
	}
	if m.server(code) != nil {
		return serverPage(code)
	}
	return ""
}
