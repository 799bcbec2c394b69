// Package house holds the shape of the project by tests: which package may import which, and how long things may get.
package house

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/iospec/iospec/"

// may lists, for each package of the house, what of the house it may import, itself and its sub-packages aside. Arrows
// run one way: a package that is not listed for another is banned there.
var may = map[string][]string{
	"trace":           {},
	"sample":          {"trace"},
	"check":           {"trace"},
	"identify":        {"check", "sample", "trace"},
	"tracer":          {"trace", "internal"},
	"sampler":         {"sample", "trace", "internal"},
	"subject":         {"sampler", "sample", "tracer", "trace", "internal"},
	"report":          {"trace", "check", "internal"},
	"features":        {"internal"},
	"steps":           {"features", "identify", "wild", "check", "sample", "trace", "tracer", "subject", "report", "internal"},
	"site":            {"report", "features", "trace", "check", "docs", "internal"},
	"docs":            {},
	"wild":            {"internal"},
	"impl":            {},
	"counterexamples": {"impl", "internal"},
	"internal":        {},
	"examples":        {},
	"cmd":             {"wild", "features", "steps", "identify", "check", "sample", "sampler", "trace", "tracer", "subject", "report", "site", "docs", "impl", "counterexamples", "internal"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func packages(t *testing.T, args ...string) []pkg {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Standard"}, args...)...).Output()
	require.NoError(t, err)
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		require.NoError(t, dec.Decode(&p))
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

// room is the top folder of a package of this module: "tracer" for github.com/iospec/iospec/tracer/decode.
func room(path string) (string, bool) {
	rest, ours := strings.CutPrefix(path, module)
	top, _, _ := strings.Cut(rest, "/")
	return top, ours
}

func TestArrowsRunOneWay(t *testing.T) {
	for _, p := range packages(t, module+"...") {
		from, ours := room(p.ImportPath)
		if !ours {
			continue
		}
		allowed, known := may[from]
		require.True(t, known, "%s: a new room; say in the table what it may import", p.ImportPath)
		for _, imp := range p.Imports {
			to, ours := room(imp)
			if ours && to != from {
				require.Contains(t, allowed, to, "%s must not import %s", p.ImportPath, imp)
			}
		}
	}
}

// TestTheBlackBoxStaysBlack holds the two bans: servers import nothing that observes them, and nothing that observes or
// judges imports a server, not even through another package.
func TestTheBlackBoxStaysBlack(t *testing.T) {
	observers := []string{"trace", "tracer", "sample", "sampler", "check", "identify", "subject", "steps", "report"}
	for _, p := range packages(t, "-deps", module+"impl/...", module+"counterexamples/...") {
		if top, ours := room(p.ImportPath); ours {
			require.NotContains(t, observers, top, "a server depends on %s", p.ImportPath)
		}
	}
	for _, p := range packages(t, "-deps", module+"trace/...", module+"tracer/...", module+"sample/...", module+"sampler/...", module+"check/...", module+"identify/...", module+"subject/...", module+"steps") {
		if top, ours := room(p.ImportPath); ours {
			require.NotContains(t, []string{"impl", "counterexamples"}, top, "an observer depends on %s", p.ImportPath)
		}
	}
}

// TestServersStandOnSystemCalls: beside the standard library and x/sys, a server imports only the shared impl/server.
func TestServersStandOnSystemCalls(t *testing.T) {
	for _, p := range packages(t, module+"impl/...") {
		if p.ImportPath == module+"impl" { // the catalogue knows them all
			continue
		}
		for _, imp := range p.Imports {
			ok := !strings.Contains(imp, ".") || strings.HasPrefix(imp, "golang.org/x/sys/") || imp == module+"impl/server"
			require.True(t, ok, "%s must not import %s", p.ImportPath, imp)
		}
	}
}

// longest is how many lines a function may have: a screen, with a little grace for tables.
const longest = 75

func TestFunctionsFitAScreen(t *testing.T) {
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				lines := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1
				if lines > longest && !strings.HasPrefix(f.Name.Name, "Test") {
					t.Errorf("%s: %s has %d lines, more than the %d that fit a screen", set.Position(f.Pos()), f.Name.Name, lines, longest)
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
}
