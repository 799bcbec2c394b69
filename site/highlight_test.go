//go:build linux

package site

import (
	"html"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/impl"
)

func TestHighlightMarksWhatHelps(t *testing.T) {
	for code, want := range map[string]string{
		"// why\nfunc f(a int) { g(\"<\", 'x', 0x1f) }": "<i class=\"c\">// why</i>\n<i class=\"k\">func</i> <i class=\"f\">f</i>(a int) { <i class=\"f\">g</i>(<i class=\"s\">&#34;&lt;&#34;</i>, <i class=\"s\">&#39;x&#39;</i>, <i class=\"n\">0x1f</i>) }",
		"func (s *server) wait() {":                     "<i class=\"k\">func</i> (s *server) <i class=\"f\">wait</i>() {", // a part of a file
		"a := `raw\nstring`\n/* b\nc */ // d\n":         "a := <i class=\"s\">`raw\nstring`</i>\n<i class=\"c\">/* b\nc */</i> <i class=\"c\">// d</i>",
		"\"never ends":                                  "<i class=\"s\">&#34;never ends</i>",
	} {
		require.Equal(t, want, string(highlight("go", code)))
	}
	require.Equal(t, "a: 1 # no\n<i class=\"c\">  # yes &amp; on</i>", string(highlight("yaml", "a: 1 # no\n  # yes & on\n")))
	require.Equal(t, "&lt;b&gt;", string(highlight("", "<b>")))
}

// All code of the reference servers comes out as it went in, but for what marks it.
func TestHighlightLosesNothing(t *testing.T) {
	marks := regexp.MustCompile(`</?i[^>]*>`)
	files := 0
	require.NoError(t, fs.WalkDir(impl.Sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := fs.ReadFile(impl.Sources, path)
		require.Equal(t, strings.TrimRight(string(src), "\n"), html.UnescapeString(marks.ReplaceAllString(string(highlight("go", string(src))), "")), path)
		files++
		return err
	}))
	require.NotZero(t, files)
}
