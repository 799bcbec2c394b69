package code

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// walk reads one of the reference servers.
func walk(t *testing.T, on System, folder, entry string) (*Tree, []*File) {
	t.Helper()
	tree := Read(os.DirFS("../../impl"), "github.com/iospec/iospec/impl").On(on)
	p, err := tree.From(tree.Path(folder), entry)
	require.NoError(t, err)
	return tree, p.Walk(tree.Path(folder))
}

func TestAWalkStartsAtTheEntryAndMeetsEachDeclarationOnce(t *testing.T) {
	tree, files := walk(t, System{"linux", "amd64"}, "reactor", "ServeMultiThreads")
	require.Equal(t, "multi_threads.go", files[0].Name)
	doc, err := tree.Doc(tree.Path("reactor"))
	require.NoError(t, err)
	require.Contains(t, doc, "Who does what")
	seen := map[string]bool{}
	for _, f := range files {
		require.NotContains(t, f.Name, "_test.go")
		for _, d := range f.Decls {
			require.False(t, seen[d.Name], d.Name)
			seen[d.Name] = true
			require.False(t, strings.HasPrefix(d.Code, "//"), "the comment is prose: %s", d.Name)
			require.Equal(t, f.Name, d.File)
		}
	}
	for _, name := range []string{"ServeMultiThreads", "(*Inbox[T]).Put", "(*SubReactor).AfterWait", "(*Handler).HandleEvent", "inPlace.Answer"} {
		require.True(t, seen[name], name)
	}
	require.False(t, seen["ServeNginxLock"], "another server's")
}

func TestAWalkIsTheSameEachTime(t *testing.T) {
	on := System{"linux", "amd64"}
	_, first := walk(t, on, "proactor", "ServeUring")
	for range 5 {
		_, again := walk(t, on, "proactor", "ServeUring")
		require.Equal(t, first, again)
	}
}

func TestCodeIsThatOfTheSystem(t *testing.T) {
	names := func(on System, entry string) (names []string) {
		_, files := walk(t, on, "proactor", entry)
		for _, f := range files {
			names = append(names, f.Name)
		}
		return names
	}
	require.Contains(t, names(System{"linux", "amd64"}, "ServeUring"), "kernel_linux.go")
	require.Contains(t, names(System{"windows", "amd64"}, "ServeIOCP"), "kernel_windows.go")
	_, files := walk(t, System{"linux", "arm64"}, "multiproc", "ServeFork")
	for _, f := range files {
		require.NotContains(t, f.Name, "amd64")
	}
}

func TestFunctionsByName(t *testing.T) {
	tree := read(t)
	d, err := tree.Function("example.com/m/mains", "worker")
	require.NoError(t, err)
	require.Equal(t, Decl{Name: "worker", File: "mains.go", Line: 21, Code: "func worker() {\n\tOne()\n}", Len: 3}, d)
	_, err = tree.Function("example.com/m/parts", "Box")
	require.ErrorContains(t, err, "declares no function Box")
	_, err = tree.Doc("example.com/m/nothing")
	require.ErrorContains(t, err, "nothing")
}

const told = `package told

// first tells of two things.
func first(b book) {
	n := 0

	b.Tell("one", func() { n = helper() })
	// two is another thing.
	b.Tell("two", func() { n = other() })
	second(b)
	b.Tell("th"+ree, func() { n++ })
}

func second(b book) {
	b.Tell("four", func() { helper() })
}

const ree = "ree"

const (
	width  = 3
	height = 4
)

// helper helps.
func helper() int { return width + elsewhere() }

func other() int { return 2 * height }
`

func TestAnExcerptHasWhatIsAskedFor(t *testing.T) {
	tree := Read(fstest.MapFS{
		"told.go":      {Data: []byte(told)},
		"elsewhere.go": {Data: []byte("package told\n\ntype book struct{}\n\nfunc (book) Tell(string, func()) {}\n\nfunc elsewhere() int { return 1 }\n")},
	}, "example.com/told")
	all, err := tree.Definitions("example.com/told", "Tell")
	require.NoError(t, err)
	var texts []string
	for _, d := range all {
		texts = append(texts, d.Text+" in "+d.Func+" of "+d.File)
	}
	require.Equal(t, []string{"one in first of told.go", "two in first of told.go", "three in first of told.go", "four in second of told.go"}, texts)

	shown := func(some ...Definition) (names []string, code string) {
		for _, d := range tree.Excerpt(some, all) {
			names, code = append(names, d.Name), code+d.Code+"\n"
		}
		return names, code
	}
	names, code := shown(all[0])
	require.Equal(t, []string{"first", "helper", "width"}, names, "of its file, and each declaration once")
	require.True(t, strings.HasPrefix(code, "func first(b book) {\n\tn := 0\n\n\tb.Tell(\"one\", func() { n = helper() })\n\t// …\n}\n"), code)
	names, code = shown(all[2])
	require.Equal(t, []string{"first", "ree"}, names)
	require.True(t, strings.HasPrefix(code, "func first(b book) {\n\tn := 0\n\t// …\n\tb.Tell(\"th\"+ree, func() { n++ })\n}\n"), code)
	names, _ = shown(all[1], all[3])
	require.Equal(t, []string{"first", "other", "height", "second", "helper"}, names)
	names, _ = shown()
	require.Empty(t, names)
}
