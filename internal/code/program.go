package code

import (
	"fmt"
	"go/ast"
	"go/types"
)

// Program is what some functions need.
type Program struct {
	tree  *Tree
	parts map[types.Object]bool
	order []types.Object  // the parts, each after the one that needs it first
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
	p := &Program{tree: t, parts: map[types.Object]bool{}, vague: map[string]bool{}}
	for _, name := range functions {
		main := pkg.Scope().Lookup(name)
		if t.decls[main].part == nil {
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
	at := p.tree.decls[o].part
	if at == nil || p.parts[o] {
		return
	}
	p.parts[o] = true
	p.order = append(p.order, o)
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
	before := len(p.order)
	var all []*types.Named
	var wanted []*types.Interface
	for _, o := range p.order {
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
	return len(p.order) > before
}
