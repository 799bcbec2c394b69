// Package walk reads a server's code as one would explain it: from the function that serves, to what that one uses, and
// on, each declaration once, with its comment. It takes the very files that are compiled.
package walk

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Walk is the code of one server.
type Walk struct {
	Doc   string  // the package comment
	Files []*File // in the order in which one meets them
}

// File holds the declarations of a file that the server uses, in the order of the file.
type File struct {
	Name  string
	Decls []Decl
}

// Decl is one declaration.
type Decl struct {
	Name string // "Reactor", "(*Reactor).Run"
	File string
	Line int
	Doc  string // its comment, as text
	Code string // without the comment
	Len  int    // lines of code
}

// Package reads the package in dir and follows the declarations from the entry function.
func Package(fsys fs.FS, dir, entry, arch string) (*Walk, error) {
	p, err := load(fsys, dir, arch)
	if err != nil {
		return nil, fmt.Errorf("walk through %s: %w", dir, err)
	}
	start := p.pkg.Scope().Lookup(entry)
	if start == nil {
		return nil, fmt.Errorf("walk through %s: no %s in it", dir, entry)
	}
	w := &Walk{Doc: p.doc}
	for _, o := range p.reach(start) {
		w.add(p.decl(o))
	}
	for _, f := range w.Files {
		slices.SortFunc(f.Decls, func(a, b Decl) int { return cmp.Compare(a.Line, b.Line) })
	}
	return w, nil
}

// add puts a declaration to its file.
func (w *Walk) add(d Decl) {
	for _, f := range w.Files {
		if f.Name == d.File {
			f.Decls = append(f.Decls, d)
			return
		}
	}
	w.Files = append(w.Files, &File{Name: d.File, Decls: []Decl{d}})
}

type loaded struct {
	set   *token.FileSet
	src   map[string][]byte
	pkg   *types.Package
	info  *types.Info
	doc   string
	node  map[types.Object]ast.Node // the declaration of each package-level object and method
	order map[types.Object]token.Pos
}

// noImports stands for the imported packages: nothing of them is needed to follow the package's own declarations.
type noImports struct{}

func (noImports) Import(p string) (*types.Package, error) {
	pkg := types.NewPackage(p, path.Base(p))
	pkg.MarkComplete()
	return pkg, nil
}

func load(fsys fs.FS, dir, arch string) (*loaded, error) {
	p := &loaded{set: token.NewFileSet(), src: map[string][]byte{}, node: map[types.Object]ast.Node{}, order: map[types.Object]token.Pos{}}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, e := range entries {
		if !compiled(fsys, dir, e.Name(), arch) {
			continue
		}
		src, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(p.set, e.Name(), src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.src[e.Name()] = src
		files = append(files, f)
		if f.Doc != nil {
			p.doc = f.Doc.Text()
		}
	}
	if len(files) == 0 {
		return nil, errors.New("no Go file that is compiled")
	}
	p.info = &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	conf := types.Config{Importer: noImports{}, Error: func(error) {}} // what is imported is not known, which is no fault here
	p.pkg, _ = conf.Check(dir, p.set, files, p.info)
	p.index(files)
	return p, nil
}

func compiled(fsys fs.FS, dir, name, arch string) bool {
	if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
		return false
	}
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = "linux", arch, false
	ctx.OpenFile = func(p string) (io.ReadCloser, error) { return fsys.Open(p) }
	ok, err := ctx.MatchFile(dir, name)
	return ok && err == nil
}

// index remembers where each object is declared. A group of constants or variables is one declaration.
func (p *loaded) index(files []*ast.File) {
	put := func(id *ast.Ident, n ast.Node) {
		if o := p.info.Defs[id]; o != nil && id.Name != "_" {
			p.node[o], p.order[o] = n, n.Pos()
		}
	}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				put(d.Name, d)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						put(s.Name, d)
					case *ast.ValueSpec:
						for _, id := range s.Names {
							put(id, d)
						}
					}
				}
			}
		}
	}
}

// reach lists the declarations that are used from the start on, each after the one that first needs it. A method called
// through an interface leads to that method of all types that were met.
func (p *loaded) reach(start types.Object) []types.Object {
	seen := map[ast.Node]bool{}
	met := map[types.Type]bool{}
	wanted := map[string]bool{}
	var out []types.Object
	var visit func(types.Object)
	visit = func(o types.Object) {
		if f, ok := o.(*types.Func); ok {
			o = f.Origin() // of a method of an instantiated type
		}
		n := p.node[o]
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		out = append(out, o)
		if t, ok := o.(*types.TypeName); ok {
			met[t.Type()] = true
		}
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if used := p.info.Uses[n]; used != nil {
					visit(used)
				}
			case *ast.SelectorExpr:
				if sel := p.info.Selections[n]; sel != nil && types.IsInterface(sel.Recv()) {
					wanted[sel.Obj().Name()] = true
				}
			}
			return true
		})
	}
	visit(start)
	for n := -1; n != len(out); {
		n = len(out)
		for _, o := range p.sorted() {
			f, ok := o.(*types.Func)
			if !ok {
				continue
			}
			if recv := f.Signature().Recv(); recv != nil && wanted[f.Name()] && met[named(recv.Type())] {
				visit(o)
			}
		}
	}
	return out
}

func named(t types.Type) types.Type {
	if ptr, ok := t.(*types.Pointer); ok {
		return ptr.Elem()
	}
	return t
}

func (p *loaded) sorted() []types.Object {
	var all []types.Object
	for o := range p.node {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b types.Object) int {
		return cmp.Or(cmp.Compare(p.order[a], p.order[b]), cmp.Compare(a.Pos(), b.Pos()))
	})
	return all
}

// decl takes a declaration out of its file, without its comment, which is prose.
func (p *loaded) decl(o types.Object) Decl {
	n := p.node[o]
	at, end := p.set.Position(n.Pos()), p.set.Position(n.End())
	d := Decl{Name: title(o), File: at.Filename}
	switch n := n.(type) {
	case *ast.FuncDecl:
		at = p.set.Position(n.Type.Pos())
		d.Doc = n.Doc.Text()
	case *ast.GenDecl:
		at = p.set.Position(n.TokPos)
		d.Doc = n.Doc.Text()
	}
	d.Line, d.Code = at.Line, string(p.src[at.Filename][at.Offset:end.Offset])
	d.Len = strings.Count(d.Code, "\n") + 1
	return d
}

func title(o types.Object) string {
	f, ok := o.(*types.Func)
	if !ok {
		return o.Name()
	}
	recv := f.Signature().Recv()
	if recv == nil {
		return o.Name()
	}
	if ptr, ok := recv.Type().(*types.Pointer); ok {
		return "(*" + short(ptr.Elem()) + ")." + o.Name()
	}
	return short(recv.Type()) + "." + o.Name()
}

func short(t types.Type) string {
	return types.TypeString(t, func(*types.Package) string { return "" })
}

// Functions gives the functions of the package at the root of fsys, by name.
func Functions(fsys fs.FS) (map[string]Decl, error) {
	p, err := load(fsys, ".", build.Default.GOARCH)
	if err != nil {
		return nil, fmt.Errorf("read functions: %w", err)
	}
	all := map[string]Decl{}
	for o := range p.node {
		if f, ok := o.(*types.Func); ok && f.Signature().Recv() == nil {
			all[o.Name()] = p.decl(o)
		}
	}
	return all, nil
}
