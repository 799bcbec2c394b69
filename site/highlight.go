package site

import (
	"html"
	"html/template"
	"strings"
	"sync"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
)

// highlight colours code. Only what helps to read it is marked: comments, keywords, strings, numbers, and the names of
// functions. chroma's own formatter marks every bracket, which makes a page ten times as large.
//
// Servers share code, which is coloured once.
func highlight(language, code string) template.HTML {
	key := [2]string{language, code}
	if known, ok := highlighted.Load(key); ok {
		return known.(template.HTML)
	}
	out := colour(language, code)
	highlighted.Store(key, out)
	return out
}

var highlighted sync.Map

func colour(language, code string) template.HTML {
	lexer := lexers.Get(language)
	if lexer == nil {
		return template.HTML(html.EscapeString(code))
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(nil, code)
	if err != nil {
		return template.HTML(html.EscapeString(code))
	}
	var b strings.Builder
	for t := tokens(); t != chroma.EOF; t = tokens() {
		text := html.EscapeString(t.Value)
		if class := classOf(t.Type); class != "" && strings.TrimSpace(t.Value) != "" {
			b.WriteString(`<i class="` + class + `">` + text + `</i>`)
		} else {
			b.WriteString(text)
		}
	}
	return template.HTML(strings.TrimRight(b.String(), "\n"))
}

func classOf(t chroma.TokenType) string {
	switch {
	case t.InCategory(chroma.Comment):
		return "c"
	case t.InCategory(chroma.Keyword):
		return "k"
	case t.InSubCategory(chroma.LiteralString):
		return "s"
	case t.InSubCategory(chroma.LiteralNumber):
		return "n"
	case t == chroma.NameFunction:
		return "f"
	}
	return ""
}
