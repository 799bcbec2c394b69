// Package docs holds the hand-written part of the documentation: introductions to the chapters, how-tos, the glossary.
package docs

import "embed"

// FS holds the pages, in Markdown. A page begins with lines of "key: value", up to an empty line.
//
//	chapters/NAME.md   the introduction to features/NAME: title, and order, its features in the order of reading
//	how-to/NAME.md     a how-to: title, summary
//	glossary.md        the words, each a heading of the second level with its definition
//
//go:embed chapters/*.md how-to/*.md glossary.md
var FS embed.FS
