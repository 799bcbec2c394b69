package code

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"path"
	"slices"
	"strings"
)

// File holds declarations of a file, in its order.
type File struct {
	Name  string
	Decls []Decl
}

// Decl is one declaration as text.
type Decl struct {
	Name string // "Reactor", "(*Reactor).Run"
	File string
	Line int
	Doc  string // its comment, as text
	Code string // without the comment
	Len  int    // lines of Code
}

// Walk gives the program's declarations of one package, file by file, in the order in which one meets them, as one would
// explain it: from the functions with which it begins to what they use, and on.
func (p *Program) Walk(importPath string) []*File {
	p.tree.mu.Lock()
	defer p.tree.mu.Unlock()
	var files []*File
	seen := map[ast.Decl]bool{}
	for _, o := range p.order {
		whole := p.tree.decls[o].whole
		if o.Pkg().Path() != importPath || seen[whole] {
			continue
		}
		seen[whole] = true
		d := p.tree.decl(o)
		i := slices.IndexFunc(files, func(f *File) bool { return f.Name == d.File })
		if i < 0 {
			i, files = len(files), append(files, &File{Name: d.File})
		}
		files[i].Decls = append(files[i].Decls, d)
	}
	for _, f := range files {
		slices.SortFunc(f.Decls, func(a, b Decl) int { return cmp.Compare(a.Line, b.Line) })
	}
	return files
}

// Doc is the comment of a package, as text.
func (t *Tree) Doc(importPath string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.Import(importPath); err != nil {
		return "", err
	}
	for _, f := range t.parsed[importPath] {
		if f.Doc != nil {
			return f.Doc.Text(), nil
		}
	}
	return "", nil
}

// Function gives a function of a package.
func (t *Tree) Function(importPath, name string) (Decl, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pkg, err := t.Import(importPath)
	if err != nil {
		return Decl{}, err
	}
	o := pkg.Scope().Lookup(name)
	if _, ok := t.decls[o].part.(*ast.FuncDecl); !ok {
		return Decl{}, fmt.Errorf("package %s declares no function %s", importPath, name)
	}
	return t.decl(o), nil
}

// decl takes a declaration out of its file, without its comment, which is prose.
func (t *Tree) decl(o types.Object) Decl {
	whole := t.decls[o].whole
	d := Decl{Name: title(o)}
	begin := whole.Pos()
	switch n := whole.(type) {
	case *ast.FuncDecl:
		begin, d.Doc = n.Type.Pos(), n.Doc.Text()
	case *ast.GenDecl:
		begin, d.Doc = n.TokPos, n.Doc.Text()
	}
	at := t.files.Position(begin)
	d.File, d.Line = path.Base(at.Filename), at.Line
	d.Code = string(t.text[at.Filename][at.Offset:t.files.Position(whole.End()).Offset])
	d.Len = strings.Count(d.Code, "\n") + 1
	return d
}

func title(o types.Object) string {
	f, ok := o.(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return o.Name()
	}
	recv := f.Signature().Recv().Type()
	if ptr, ok := recv.(*types.Pointer); ok {
		return "(*" + short(ptr.Elem()) + ")." + o.Name()
	}
	return short(recv) + "." + o.Name()
}

func short(t types.Type) string {
	return types.TypeString(t, func(*types.Package) string { return "" })
}
