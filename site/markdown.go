package site

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.DefinitionList),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(fences{}, 100))),
)

// render turns Markdown into HTML, and links what the site knows: words of the glossary at their first use, and claims,
// servers and commands that stand in code.
func (m *model) render(text string) template.HTML {
	var b bytes.Buffer
	if err := markdown.Convert([]byte(text), &b); err != nil {
		return template.HTML("<p>" + template.HTMLEscapeString(text) + "</p>") // goldmark fails only if its writer does
	}
	return template.HTML(m.link(b.String()))
}

// fences renders fenced code: coloured where the language is known, with a button to copy commands.
type fences struct{}

func (fences) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindCodeBlock, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		_, err := w.WriteString(string(fence("", lines(n, src))))
		return ast.WalkSkipChildren, err
	})
	reg.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		_, err := w.WriteString(string(fence(string(n.(*ast.FencedCodeBlock).Language(src)), lines(n, src))))
		return ast.WalkSkipChildren, err
	})
}

// lines is the code of a block.
func lines(block ast.Node, src []byte) string {
	var code strings.Builder
	for i := range block.Lines().Len() {
		line := block.Lines().At(i)
		code.Write(line.Value(src))
	}
	return code.String()
}

func fence(language, code string) template.HTML {
	code = strings.TrimRight(code, "\n")
	if language == "sh" {
		return command(code)
	}
	return template.HTML(fmt.Sprintf("<pre class=\"code\" tabindex=\"0\"><code>%s</code></pre>\n", highlight(language, code)))
}

// command shows something to type, with a button that copies it.
func command(text string) template.HTML {
	return template.HTML(fmt.Sprintf("<div class=\"cmd\"><pre tabindex=\"0\"><code>%s</code></pre><button type=\"button\" class=\"copy\" aria-label=\"Copy the command\">copy</button></div>\n",
		template.HTMLEscapeString(text)))
}

// page splits a hand-written page into its head, lines of "key: value", and its text.
func splitPage(text string) (head map[string]string, body string) {
	head = map[string]string{}
	for {
		line, rest, _ := strings.Cut(text, "\n")
		key, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(key, " #") {
			return head, strings.TrimSpace(text)
		}
		head[key] = strings.TrimSpace(value)
		text = rest
	}
}
