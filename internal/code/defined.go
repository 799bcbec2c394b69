package code

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"
)

// Definition is a call that defines something under a text: a step by its pattern, say.
type Definition struct {
	Text string
	File string
	Func string // the function in which it is called

	in   types.Object
	stmt ast.Stmt // of the function's body
}

// Definitions finds the calls of methods of these names whose first argument is a constant text, in the functions of a
// package. Those that are not statements of a function's body themselves, but in a loop, are not found.
func (t *Tree) Definitions(importPath string, methods ...string) ([]Definition, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.Import(importPath); err != nil {
		return nil, err
	}
	var all []Definition
	for _, f := range t.parsed[importPath] {
		for _, d := range f.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok || d.Body == nil {
				continue
			}
			o := t.info.Defs[d.Name]
			for _, s := range d.Body.List {
				if text, ok := t.defines(s, methods); ok {
					all = append(all, Definition{text, path.Base(t.files.Position(d.Pos()).Filename), title(o), o, s})
				}
			}
		}
	}
	return all, nil
}

func (t *Tree) defines(s ast.Stmt, methods []string) (text string, ok bool) {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return "", false
	}
	call, ok := e.X.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	value := t.info.Types[call.Args[0]].Value
	if !ok || !slices.Contains(methods, f.Sel.Name) || value == nil || value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(value), true
}

// Excerpt shows what is behind some of all definitions: the functions that hold them, the other definitions left out,
// and after each what it uses of its own file.
func (t *Tree) Excerpt(some, all []Definition) []Decl {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[ast.Stmt]bool{}
	for _, d := range all {
		out[d.stmt] = true
	}
	for _, d := range some {
		delete(out, d.stmt)
	}
	e := excerpt{tree: t, out: out, seen: map[types.Object]bool{}}
	for _, d := range all {
		e.seen[d.in] = true // a function that defines other things tells nothing here
	}
	for _, d := range some {
		if !slices.Contains(e.holders, d.in) {
			e.holders = append(e.holders, d.in)
		}
	}
	for _, o := range e.holders {
		e.hold(o)
	}
	return e.decls
}

type excerpt struct {
	tree    *Tree
	out     map[ast.Stmt]bool // left out
	seen    map[types.Object]bool
	holders []types.Object
	decls   []Decl
}

// hold shows a function without what is left out.
func (e *excerpt) hold(o types.Object) {
	t, f := e.tree, e.tree.decls[o].part.(*ast.FuncDecl)
	d := t.decl(o)
	base := t.files.Position(f.Type.Pos()).Offset
	offset := func(p token.Pos) int { return t.files.Position(p).Offset - base }
	var code strings.Builder
	from, gap := 0, false
	for i, s := range f.Body.List {
		if !e.leaves(s) {
			gap = false
			continue
		}
		before := f.Body.Lbrace + 1
		if i > 0 {
			before = f.Body.List[i-1].End()
		}
		if !gap {
			code.WriteString(d.Code[from:offset(before)] + "\n\t// …")
		}
		from, gap = offset(s.End()), true
	}
	d.Code = code.String() + d.Code[from:]
	d.Len = strings.Count(d.Code, "\n") + 1
	e.decls = append(e.decls, d)
	for _, s := range f.Body.List {
		if !e.leaves(s) {
			e.follow(s, d.File)
		}
	}
}

// leaves tells whether a statement is left out: another definition, or a call of a function that has such.
func (e *excerpt) leaves(s ast.Stmt) bool {
	if e.out[s] {
		return true
	}
	x, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := x.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.Ident)
	return ok && e.seen[e.tree.info.Uses[f]] && e.tree.decls[e.tree.info.Uses[f]].part != nil
}

// follow shows what is used of a file, and what that uses.
func (e *excerpt) follow(n ast.Node, file string) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		o := e.tree.info.Uses[id]
		if f, ok := o.(*types.Func); ok {
			o = f.Origin()
		}
		at := e.tree.decls[o]
		if at.part == nil || e.seen[o] || path.Base(e.tree.files.Position(at.part.Pos()).Filename) != file {
			return true
		}
		e.seen[o] = true
		e.show(e.tree.decl(o))
		e.follow(at.part, file)
		return true
	})
}

// show adds a declaration, unless it is part of one that is there.
func (e *excerpt) show(d Decl) {
	if !slices.ContainsFunc(e.decls, func(o Decl) bool { return o.File == d.File && o.Line == d.Line }) {
		e.decls = append(e.decls, d)
	}
}
