package code

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// Lines counts the lines of code: those with code on them. Comments and empty lines are not counted, nor is what the
// standard library and other modules do.
func (p *Program) Lines() int { return p.count(func(types.Object) bool { return true }) }

// Beyond counts the lines of code that another program does not have.
func (p *Program) Beyond(other *Program) int {
	return p.count(func(o types.Object) bool { return !other.parts[o] })
}

func (p *Program) count(which func(types.Object) bool) int {
	p.tree.mu.Lock()
	defer p.tree.mu.Unlock()
	lines := map[token.Position]bool{}
	for _, o := range p.order {
		if !which(o) {
			continue
		}
		at := p.tree.decls[o].part
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
	p.tree.mu.Lock()
	defer p.tree.mu.Unlock()
	for _, o := range p.order {
		if spec, ok := p.tree.decls[o].part.(*ast.TypeSpec); ok && mentions(spec, "sync", "Mutex", "RWMutex") {
			names = append(names, o.Name())
		}
	}
	slices.Sort(names)
	return names
}

// Synchronisations counts the places in the code at which a thread takes a lock, or waits for another thread, or wakes
// one, by way of package sync.
func (p *Program) Synchronisations() (n int) {
	p.tree.mu.Lock()
	defer p.tree.mu.Unlock()
	verbs := []string{"Lock", "RLock", "Wait", "Signal", "Broadcast"}
	for _, o := range p.order {
		ast.Inspect(p.tree.decls[o].part, func(node ast.Node) bool {
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
