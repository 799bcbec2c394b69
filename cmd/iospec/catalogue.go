package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/iospec/iospec/counterexamples"
	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/steps"
)

// entry is a server that iospec brings along: a reference server, or a counterexample.
type entry struct {
	Name    string    `json:"name"`
	Traits  trait.Set `json:"traits"`
	Summary string    `json:"summary"`
	Breaks  []string  `json:"breaks,omitempty"` // only counterexamples

	serve  func(context.Context, server.Config) error
	worker string // only reference servers: see impl.Server
}

// catalogue lists the reference servers, then the counterexamples.
func catalogue() []entry {
	var all []entry
	for _, s := range impl.Servers {
		all = append(all, entry{Name: s.Name, Traits: s.Traits, Summary: s.Summary, serve: s.Serve, worker: s.Worker})
	}
	for _, s := range counterexamples.Servers {
		all = append(all, entry{Name: s.Name, Traits: s.Traits, Summary: s.Mistake, Breaks: s.Breaks, serve: s.Serve})
	}
	return all
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

// target is the entry as the suite starts it: by this very program, as a command like any other.
func (e entry) target() (steps.Target, error) {
	self, err := os.Executable()
	if err != nil {
		return steps.Target{}, fmt.Errorf("find this program to start %s with: %w", e.Name, err)
	}
	return steps.Target{
		Name:      e.Name,
		Traits:    e.Traits,
		Command:   []string{self, "serve", e.Name, "--address", "{address}", "--protocol", "line"},
		Protocol:  "line",
		Reference: len(e.Breaks) == 0,
		Breaks:    e.Breaks,
		Code:      e.code,
	}, nil
}

// source is that of the reference servers.
var source = sync.OnceValue(func() *code.Tree {
	return code.Read(impl.Sources, reflect.TypeOf(impl.Server{}).PkgPath())
})

// code finds what a reference server consists of.
func (e entry) code() (*code.Program, error) {
	name := runtime.FuncForPC(reflect.ValueOf(e.serve).Pointer()).Name() // github.com/…/impl/reactor.ServeSingle
	dot := strings.LastIndex(name, ".")
	begins := []string{name[dot+1:]}
	if e.worker != "" {
		begins = append(begins, e.worker)
	}
	return source().From(name[:dot], begins...)
}
