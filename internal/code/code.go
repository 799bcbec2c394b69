// Package code reads the source of programs: which declarations the functions need with which a program begins, directly
// and indirectly; how many lines they are; and how one would read them, each with its comment.
//
//	code.go     the source: packages, and where everything is declared
//	program.go  what some functions need
//	count.go    how much that is, to compare programs that are made of the same parts
//	walk.go     the same as text, in the order in which one would explain it
//	defined.go  what is defined under a text, as a step of a scenario is
//
// Source is read, and not run: what other modules and the standard library hold is not known.
package code

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
)

// System is what a program is compiled for, in Go's words: "linux", "amd64".
type System struct{ OS, Arch string }

// A Tree is the parsed source of some packages of one module, as it is compiled for one system.
type Tree struct {
	mu      sync.Mutex // of what follows; it is filled as packages are asked for
	fsys    fs.FS
	root    string // import path of fsys
	system  System
	files   *token.FileSet
	info    types.Info
	checked map[string]*types.Package
	parsed  map[string][]*ast.File // by import path
	decls   map[types.Object]declared
	text    map[string][]byte       // of each file
	lines   map[string]map[int]bool // of each file, those with code on them
	others  map[System]*Tree
}

// declared is where something is declared: a function, a type, a variable, a constant. A group of constants or variables
// is one declaration of several parts.
type declared struct {
	part  ast.Node
	whole ast.Decl
}

// Read prepares to read packages: fsys holds them, a folder each, and root is the import path of fsys. They are read as
// they are compiled for Linux on x86-64, whatever this machine is.
func Read(fsys fs.FS, root string) *Tree { return newTree(fsys, root, System{"linux", "amd64"}) }

func newTree(fsys fs.FS, root string, on System) *Tree {
	return &Tree{
		fsys: fsys, root: root, system: on, files: token.NewFileSet(),
		info:    types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}},
		checked: map[string]*types.Package{}, parsed: map[string][]*ast.File{}, decls: map[types.Object]declared{},
		text: map[string][]byte{}, lines: map[string]map[int]bool{}, others: map[System]*Tree{},
	}
}

// On is the same source as it is compiled for another system.
func (t *Tree) On(s System) *Tree {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s == t.system {
		return t
	}
	if t.others[s] == nil {
		t.others[s] = newTree(t.fsys, t.root, s)
	}
	return t.others[s]
}

// Path is the import path of a folder of the tree; that of "" is the tree's own.
func (t *Tree) Path(folder string) string { return path.Join(t.root, folder) }

// Import implements types.Importer. What is not in the tree is an empty package: its parts are unknown, and nothing that
// is read depends on them.
func (t *Tree) Import(importPath string) (*types.Package, error) {
	if p, ok := t.checked[importPath]; ok {
		return p, nil
	}
	folder, ours := strings.CutPrefix(importPath+"/", t.root+"/")
	if !ours {
		p := types.NewPackage(importPath, path.Base(importPath))
		p.MarkComplete()
		t.checked[importPath] = p
		return p, nil
	}
	files, err := t.parse(path.Clean(folder))
	if err != nil {
		return nil, err
	}
	conf := types.Config{Importer: t, Error: func(error) {}} // all are about what is not in the tree
	p, _ := conf.Check(importPath, t.files, files, &t.info)
	t.checked[importPath], t.parsed[importPath] = p, files
	for _, f := range files {
		t.index(f)
	}
	return p, nil
}

// parse reads the files of a package, its tests left out, and those for other systems.
func (t *Tree) parse(folder string) (files []*ast.File, err error) {
	names, err := fs.Glob(t.fsys, path.Join(folder, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("list source in folder %s: %w", folder, err)
	}
	for _, name := range names {
		if !t.compiled(name) {
			continue
		}
		text, err := fs.ReadFile(t.fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read source: %w", err)
		}
		f, err := parser.ParseFile(t.files, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse source: %w", err)
		}
		files = append(files, f)
		t.text[name], t.lines[name] = text, linesOf(text)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no source for %s on %s in folder %s", t.system.OS, t.system.Arch, folder)
	}
	return files, nil
}

// compiled reports whether a file is part of the program, by its name and its build constraints.
func (t *Tree) compiled(name string) bool {
	if strings.HasSuffix(name, "_test.go") {
		return false
	}
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = t.system.OS, t.system.Arch, false
	ctx.OpenFile = func(p string) (io.ReadCloser, error) { return t.fsys.Open(path.Clean(p)) }
	ok, err := ctx.MatchFile(path.Dir(name), path.Base(name))
	return ok && err == nil
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
	note := func(name *ast.Ident, part ast.Node, whole ast.Decl) {
		if o := t.info.Defs[name]; o != nil && name.Name != "_" {
			t.decls[o] = declared{part, whole}
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			note(d.Name, d, d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					note(spec.Name, spec, d)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						note(name, spec, d)
					}
				}
			}
		}
	}
}
