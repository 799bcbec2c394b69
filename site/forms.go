package site

import (
	"slices"
	"strings"

	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/internal/trait"
)

// formView is a declaration that two servers have under one name, each made of the calls of its own system.
type formView struct{ Mine, Other codeDecl }

// forms sets a server of another system beside the one of Linux that is the same pattern: what both declare under the same
// name, in files of their own. What they share stands in the walk.
func (m *model) forms(v *serverView, mine []*code.File) error {
	other, ok := m.homeForm(v.Server)
	if !ok {
		return nil
	}
	w, err := m.walk(other)
	if err != nil {
		return err
	}
	v.Other = other.Name
	theirs := map[string]code.Decl{}
	for _, f := range w {
		for _, d := range f.Decls {
			theirs[d.Name] = d
		}
	}
	theirs[v.Entry] = theirs[other.Entry]
	for _, f := range mine {
		for _, d := range f.Decls {
			if same, both := theirs[d.Name]; both && same.File != d.File {
				v.Forms = append(v.Forms, formView{m.declView(d), m.declView(same)})
			}
		}
	}
	return nil
}

// homeForm finds the server of Linux whose code is in the same package and that has the same architecture.
func (m *model) homeForm(s Server) (Server, bool) {
	if s.OS == "" {
		return Server{}, false
	}
	architecture := trait.Set(s.Traits).On(trait.Architecture)
	i := slices.IndexFunc(m.servers, func(o Server) bool {
		return o.OS == "" && o.Package == s.Package && slices.Equal(trait.Set(o.Traits).On(trait.Architecture), architecture)
	})
	if i < 0 {
		return Server{}, false
	}
	return m.servers[i], true
}

// on says what played a server's system in this run, "" if nothing had to.
func (m *model) on(server string) string {
	for _, s := range m.Run.Subjects {
		if s.Name == server {
			return s.On
		}
	}
	return ""
}

// SystemName is the name of its system, as one writes it.
func (s Server) SystemName() string {
	if s.OS == "" {
		return ""
	}
	return strings.ToUpper(s.OS[:1]) + s.OS[1:]
}
