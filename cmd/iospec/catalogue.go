package main

import (
	"context"
	"slices"
	"strings"

	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/trait"
)

// entry is a server that iospec brings along: a reference server, or a counterexample.
type entry struct {
	Name    string    `json:"name"`
	Traits  trait.Set `json:"traits"`
	Summary string    `json:"summary"`
	Breaks  []string  `json:"breaks,omitempty"` // only counterexamples

	serve  func(context.Context, server.Config) error
	worker string // only reference servers: see impl.Server
	system string // that it runs on, if that is not this one: serve only says so then
}

// find gives the entry of that name; the error names what there is.
func find(name string) (entry, error) {
	all := catalogue()
	i := slices.IndexFunc(all, func(e entry) bool { return e.Name == name })
	if i >= 0 {
		return all[i], nil
	}
	var near []string
	for _, e := range all {
		if strings.Contains(e.Name, name) || strings.Contains(name, strings.TrimPrefix(e.Name, "counterexample/")) {
			near = append(near, e.Name)
		}
	}
	hint := "'iospec servers' lists them"
	if len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return entry{}, usagef(hint, "no server is called %q", name)
}
