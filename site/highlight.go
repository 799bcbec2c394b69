package site

import (
	"go/scanner"
	"go/token"
	"html"
	"html/template"
	"strings"
	"sync"
)

// highlight colours code. Only what helps to read it is marked: comments, keywords, strings, numbers, and the names of
// functions where they are declared or called. Languages other than Go have their comments marked.
//
// The language's own scanner does it: a library that colours all languages reads their grammars whenever the program
// starts, and this program starts a thousand times as a child that serves one connection.
//
// Servers share code, which is coloured once.
func highlight(language, code string) template.HTML {
	key := [2]string{language, code}
	if known, ok := highlighted.Load(key); ok {
		return known.(template.HTML)
	}
	var out string
	switch language {
	case "go":
		out = colourGo(code)
	case "yaml", "gherkin":
		out = colourComments(code)
	default:
		out = html.EscapeString(code)
	}
	known := template.HTML(strings.TrimRight(out, "\n"))
	highlighted.Store(key, known)
	return known
}

var highlighted sync.Map

// colourGo colours Go, or a part of a file: what the scanner does not know is left as it is.
func colourGo(code string) string {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(code))
	s.Init(file, []byte(code), func(token.Position, string) {}, scanner.ScanComments)
	var b strings.Builder
	written := 0
	mark := func(class, text string, at int) {
		b.WriteString(html.EscapeString(code[written:at]))
		written = at + len(text)
		b.WriteString(`<i class="` + class + `">` + html.EscapeString(code[at:written]) + `</i>`)
	}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return b.String() + html.EscapeString(code[written:])
		}
		at := file.Offset(pos)
		switch class := classOf(tok); {
		case class != "":
			mark(class, text, at)
		case tok == token.IDENT && strings.HasPrefix(code[at+len(text):], "("):
			mark("f", text, at)
		}
	}
}

func classOf(t token.Token) string {
	switch {
	case t == token.COMMENT:
		return "c"
	case t.IsKeyword():
		return "k"
	case t == token.STRING, t == token.CHAR:
		return "s"
	case t == token.INT, t == token.FLOAT, t == token.IMAG:
		return "n"
	}
	return ""
}

// colourComments marks the lines that are a comment in a language where "#" begins one.
func colourComments(code string) string {
	lines := strings.Split(code, "\n")
	for i, line := range lines {
		lines[i] = html.EscapeString(line)
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines[i] = `<i class="c">` + lines[i] + `</i>`
		}
	}
	return strings.Join(lines, "\n")
}
