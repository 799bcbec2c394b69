package main

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"

	"github.com/iospec/iospec/counterexamples"
	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/steps"
)

// catalogue lists the reference servers, then the counterexamples.
func catalogue() []entry {
	var all []entry
	for _, s := range impl.Servers {
		all = append(all, entry{Name: s.Name, Traits: s.Traits, Summary: s.Summary, serve: s.Serve, worker: s.Worker})
	}
	for _, s := range impl.Elsewhere {
		all = append(all, entry{Name: s.Name, Traits: s.Traits, Summary: s.Summary, serve: s.Serve, system: "windows"})
	}
	for _, s := range counterexamples.Servers {
		all = append(all, entry{Name: s.Name, Traits: s.Traits, Summary: s.Mistake, Breaks: s.Breaks, serve: s.Serve})
	}
	return all
}

// target is the entry as the suite starts it: by this very program, as a command like any other.
func (e entry) target() (steps.Target, error) {
	if e.system != "" {
		return e.abroad(), nil
	}
	self, err := os.Executable()
	if err != nil {
		return steps.Target{}, fmt.Errorf("find this program to start %s with: %w", e.Name, err)
	}
	return steps.Target{
		Name:      e.Name,
		Traits:    e.Traits,
		Command:   []string{self, "serve", e.Name, "--address", "{address}", "--protocol", "line"},
		Env:       []string{"PATH="}, // see server.Environment
		Protocol:  "line",
		Reference: len(e.Breaks) == 0,
		Breaks:    e.Breaks,
		Code:      e.code,
	}, nil
}

// abroad is a server of another system. Its calls are not recorded here, and a Rule that needs the kernel's word about it
// would hear that of whoever plays the other system; but it serves clients of this one as any server does.
func (e entry) abroad() steps.Target {
	return steps.Target{
		Name:      e.Name,
		Traits:    e.Traits,
		Command:   []string{"iospec.exe", "serve", e.Name, "--address", "{address}", "--protocol", "line"},
		Protocol:  "line",
		Abroad:    true,
		Reference: true,
	}
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
