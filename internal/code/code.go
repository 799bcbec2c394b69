// Package code says how much code a program consists of: which declarations the functions need with which it begins,
// directly and indirectly, and how many lines they are.
//
// It is for comparing programs that are made of the same parts. Lines are those with code on them; comments and empty
// lines are not counted, nor is what the standard library and other modules do.
package code

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

// A Tree is the parsed source of some packages of one module.
type Tree struct {
	mu      sync.Mutex // of what follows, while a program is sought
	fsys    fs.FS
	root    string // import path of fsys
	files   *token.FileSet
	info    types.Info
	checked map[string]*types.Package
	decls   map[types.Object]ast.Node // functions, methods, types, variables, constants
	lines   map[string]map[int]bool   // of each file, those with code on them
}

// Read prepares to read packages: fsys holds them, a folder each, and root is the import path of fsys.
func Read(fsys fs.FS, root string) *Tree {
	return &Tree{
		fsys: fsys, root: root, files: token.NewFileSet(),
		info:    types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}},
		checked: map[string]*types.Package{}, decls: map[types.Object]ast.Node{}, lines: map[string]map[int]bool{},
	}
}

// Import implements types.Importer. What is not in the tree is an empty package: its parts are unknown, and nothing that
// is counted depends on them.
func (t *Tree) Import(importPath string) (*types.Package, error) {
	if p, ok := t.checked[importPath]; ok {
		return p, nil
	}
	folder, ours := strings.CutPrefix(importPath, t.root+"/")
	if !ours {
		p := types.NewPackage(importPath, path.Base(importPath))
		p.MarkComplete()
		t.checked[importPath] = p
		return p, nil
	}
	files, err := t.parse(folder)
	if err != nil {
		return nil, err
	}
	conf := types.Config{Importer: t, Error: func(error) {}} // all are about what is not in the tree
	p, _ := conf.Check(importPath, t.files, files, &t.info)
	t.checked[importPath] = p
	for _, f := range files {
		t.index(f)
	}
	return p, nil
}

// parse reads the files of a package, its tests left out. Where a file has a variant for each system or processor, one of
// them is read, that of Linux and x86-64.
func (t *Tree) parse(folder string) (files []*ast.File, err error) {
	names, err := fs.Glob(t.fsys, folder+"/*.go")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no source in folder %s (%v)", folder, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_arm64.go") || strings.HasSuffix(name, "_windows.go") {
			continue
		}
		text, err := fs.ReadFile(t.fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read source: %w", err)
		}
		f, err := parser.ParseFile(t.files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse source: %w", err)
		}
		files = append(files, f)
		t.lines[name] = linesOf(text)
	}
	return files, nil
}

// linesOf tells which lines have code on them.
func linesOf(text []byte) map[int]bool {
	lines := map[int]bool{}
	file := token.NewFileSet().AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, 0) // without comments
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.SEMICOLON && literal == "\n" {
			continue // nobody wrote it
		}
		first := file.Line(pos)
		for i := range strings.Count(literal, "\n") + 1 {
			lines[first+i] = true
		}
	}
}

// index notes where everything is declared.
func (t *Tree) index(f *ast.File) {
	note := func(name *ast.Ident, at ast.Node) {
		if o := t.info.Defs[name]; o != nil {
			t.decls[o] = at
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			note(d.Name, d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					note(spec.Name, spec)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						note(name, spec)
					}
				}
			}
		}
	}
}

// Program is what some functions need.
type Program struct {
	tree  *Tree
	parts map[types.Object]bool
	vague map[string]bool // names of methods of which it is not known whose they are
}

// From finds what functions of a package need, by the package's import path and their names.
func (t *Tree) From(importPath string, functions ...string) (*Program, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pkg, err := t.Import(importPath)
	if err != nil {
		return nil, err
	}
	p := &Program{t, map[types.Object]bool{}, map[string]bool{}}
	for _, name := range functions {
		main := pkg.Scope().Lookup(name)
		if t.decls[main] == nil {
			return nil, fmt.Errorf("package %s declares no %s", importPath, name)
		}
		p.add(main)
	}
	for p.addMethods() {
	}
	return p, nil
}

// add adds a declaration, and all that it names.
func (p *Program) add(o types.Object) {
	if f, ok := o.(*types.Func); ok {
		o = f.Origin() // of what is generic, the declaration counts
	}
	at := p.tree.decls[o]
	if at == nil || p.parts[o] {
		return
	}
	p.parts[o] = true
	ast.Inspect(at, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if used := p.tree.info.Uses[n]; used != nil {
				p.add(used)
			}
		case *ast.SelectorExpr:
			if p.tree.info.Uses[n.Sel] == nil {
				p.guess(n)
			}
		}
		return true
	})
}

// guess is for what the type checker gave up upon, since something from the standard library is in it: the name is taken
// for one of a package of the tree, if it can be, and else for that of a method.
func (p *Program) guess(n *ast.SelectorExpr) {
	if x, ok := n.X.(*ast.Ident); ok {
		for _, pkg := range p.tree.checked {
			if o := pkg.Scope().Lookup(n.Sel.Name); o != nil && pkg.Name() == x.Name {
				p.add(o)
				return
			}
		}
	}
	p.vague[n.Sel.Name] = true
}

// addMethods adds the methods that are called in ways which do not name them: those of each needed type that implement a
// needed interface, or whose name is called of something that came out of the standard library (out of a sync.Pool, say).
// It reports whether there were any.
func (p *Program) addMethods() bool {
	before := len(p.parts)
	var all []*types.Named
	var wanted []*types.Interface
	for o := range p.parts {
		name, ok := o.(*types.TypeName)
		if !ok {
			continue
		}
		if i, ok := name.Type().Underlying().(*types.Interface); ok {
			wanted = append(wanted, i)
		} else if n, ok := name.Type().(*types.Named); ok {
			all = append(all, n)
		}
	}
	for _, n := range all {
		methods := types.NewMethodSet(types.NewPointer(n))
		for m := range methods.Methods() {
			if p.vague[m.Obj().Name()] {
				p.add(m.Obj())
			}
		}
		for _, i := range wanted {
			if !types.Implements(types.NewPointer(n), i) {
				continue
			}
			for m := range i.Methods() {
				p.add(methods.Lookup(m.Pkg(), m.Name()).Obj())
			}
		}
	}
	return len(p.parts) > before
}

// Lines counts the lines of code.
func (p *Program) Lines() int { return p.count(func(types.Object) bool { return true }) }

// Beyond counts the lines of code that another program does not have.
func (p *Program) Beyond(other *Program) int {
	return p.count(func(o types.Object) bool { return !other.parts[o] })
}

func (p *Program) count(which func(types.Object) bool) int {
	lines := map[token.Position]bool{}
	for o := range p.parts {
		if !which(o) {
			continue
		}
		at := p.tree.decls[o]
		first, last := p.tree.files.Position(at.Pos()), p.tree.files.Position(at.End())
		for line := first.Line; line <= last.Line; line++ {
			if p.tree.lines[first.Filename][line] {
				lines[token.Position{Filename: first.Filename, Line: line}] = true
			}
		}
	}
	return len(lines)
}

// Locked lists the types that have a mutex: what several threads may use at once.
func (p *Program) Locked() (names []string) {
	for o := range p.parts {
		if spec, ok := p.tree.decls[o].(*ast.TypeSpec); ok && mentions(spec, "sync", "Mutex", "RWMutex") {
			names = append(names, o.Name())
		}
	}
	slices.Sort(names)
	return names
}

// Synchronisations counts the places in the code at which a thread takes a lock, or waits for another thread, or wakes
// one, by way of package sync.
func (p *Program) Synchronisations() (n int) {
	verbs := []string{"Lock", "RLock", "Wait", "Signal", "Broadcast"}
	for o := range maps.Keys(p.parts) {
		ast.Inspect(p.tree.decls[o], func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok {
				if s, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(verbs, s.Sel.Name) && p.tree.info.Uses[s.Sel] == nil {
					n++
				}
			}
			return true
		})
	}
	return n
}

// mentions tells whether some of these names of a package occur.
func mentions(at ast.Node, pkg string, names ...string) (found bool) {
	ast.Inspect(at, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			x, ok := s.X.(*ast.Ident)
			found = found || ok && x.Name == pkg && slices.Contains(names, s.Sel.Name)
		}
		return !found
	})
	return found
}
