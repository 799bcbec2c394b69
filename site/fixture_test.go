//go:build linux

package site_test

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/counterexamples"
	"github.com/iospec/iospec/docs"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/site"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// input is what a site is made of: all claims, texts and code that there are, a run in which everything is kept, and
// recordings told by hand for a few servers. What is true of real recordings is tested where there are some.
func input(t *testing.T) site.Input {
	t.Helper()
	claims, err := features.Register()
	require.NoError(t, err)
	in := site.Input{
		Claims: claims, Docs: docs.FS, Sources: servers(), Predicates: predicates(), Steps: definitions(), Counterexamples: counterexamples.Sources,
		Recordings: map[string]*trace.Recording{"reactor/single": single(), "reactor/multi-threads": handsOver(), "proactor/uring": tracetest.Proactor(), "threadpool/pool": threads()},
		Commands:   []site.Command{{Path: "iospec run", Short: "Run it", Use: "iospec run [flags]", Flags: []site.Flag{{Name: "--claim", Usage: "only this"}}}},
		Statuses:   []site.Status{{Code: 0, Meaning: "all kept"}},
	}
	for _, s := range impl.Servers {
		in.Servers = append(in.Servers, site.Server{Name: s.Name, Traits: s.Traits, Summary: s.Summary}.ServedBy(s.Serve))
	}
	for _, s := range impl.Elsewhere {
		in.Servers = append(in.Servers, site.Server{Name: s.Name, Traits: s.Traits, Summary: s.Summary, OS: "windows"}.ServedBy(s.Serve))
	}
	for _, s := range counterexamples.Servers {
		in.Servers = append(in.Servers, site.Server{Name: s.Name, Traits: s.Traits, Summary: s.Mistake, Breaks: s.Breaks}.ServedBy(s.Serve))
	}
	in.Run = run(in)
	return in
}

// The code is read once for all sites of these tests.
var (
	servers     = sync.OnceValue(func() *code.Tree { return code.Read(impl.Sources, reflect.TypeOf(impl.Server{}).PkgPath()) })
	predicates  = sync.OnceValue(func() *code.Tree { return code.Read(check.Sources, "check") })
	definitions = sync.OnceValue(func() *code.Tree { return code.Read(steps.Sources, "steps") })
)

// witness is what proves things here.
var witness = []check.Witness{{Seq: 7, At: 1_500_000, PID: 100, TID: 100, Text: "read(fd 5 = c1, 4096) = 26 & more <here>"}}

// run has a finding for everything to which a claim applies.
func run(in site.Input) *report.Run {
	r := &report.Run{
		Schema: report.SchemaRun, Version: "v1.2.3", Started: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), Kernel: "6.18.0", Arch: "amd64", CPUs: 2,
		Subjects: []report.Subject{{Name: report.Kernel}},
	}
	for _, s := range in.Servers {
		subject := report.Subject{Name: s.Name, As: s.Traits, Breaks: s.Breaks}
		if s.OS != "" {
			subject.On = "Wine 8.0"
		}
		r.Subjects = append(r.Subjects, subject)
	}
	for _, c := range in.Claims {
		r.Claims = append(r.Claims, report.Claim{ID: c.ID, Verdict: c.Verdict, Title: c.Title, Chapter: c.Chapter})
		if c.Has(features.Kernel) {
			r.Results = append(r.Results, found(c, report.Kernel, features.Kernel, check.Pass))
		}
		for _, s := range in.Servers {
			switch {
			case slices.Contains(s.Breaks, c.ID):
				r.Results = append(r.Results, found(c, s.Name, features.Server, check.Fail))
			case len(s.Breaks) == 0 && c.Has(features.Server) && trait.Applies(c.Traits, s.Traits):
				r.Results = append(r.Results, found(c, s.Name, features.Server, check.Pass))
			}
		}
	}
	r.Tally()
	return r
}

func found(c features.Claim, subject string, kind features.Kind, o check.Outcome) report.Result {
	f := check.Finding{Outcome: o, Expected: "what is claimed", Observed: "3 calls, all of them right", Witness: witness}
	if o != check.Pass {
		f.Acquit = "the opposite"
	}
	out := report.Result{Claim: c.ID, Subject: subject, Finding: f}
	for _, s := range c.Scenarios {
		if s.Kind != kind {
			continue
		}
		sc := report.Scenario{Name: s.Name, Line: s.Line, Kind: string(kind), Notes: []string{"a note: 12 µs"}, Finding: f}
		for _, step := range s.Steps {
			_, text, _ := strings.Cut(step, " ")
			sc.Steps = append(sc.Steps, report.Step{Text: text, Outcome: "passed"})
		}
		if s.Measured {
			sc.Series = []report.Series{
				{Of: "the cost of one call that finds one ready descriptor", Name: "select", XUnit: "descriptors watched", YUnit: "ns", X: []float64{250, 4000}, Y: []float64{12000, 190000}},
				{Of: "the memory that a server takes for a connection, by architecture", XUnit: "clients", YUnit: "bytes", X: []float64{300}, Y: []float64{float64(100 + len(subject))}},
			}
		}
		out.Scenarios = append(out.Scenarios, sc)
	}
	return out
}

func single() *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	s.Mark("phase held")
	held := s.Connects(3, "held")
	main.Wait(ep, tracetest.Listener)
	for _, c := range held {
		main.Accept(c).Add(ep, c, trace.In)
	}
	for range 3 {
		for _, c := range held {
			c.Ask(10)
		}
		main.Wait(ep, held[0], held[1], held[2])
		for _, c := range held {
			main.Read(c, 10)
			main.Write(c, 10)
			c.Answered()
		}
	}
	s.Mark("phase together")
	c := s.Connect("short")
	main.Wait(ep, tracetest.Listener).Accept(c).Add(ep, c, trace.In)
	c.Ask(10)
	main.Wait(ep, c).Read(c, 10)
	main.Write(c, 10)
	c.Answered()
	c.Leaves()
	main.Wait(ep, c).Read(c, 0).Close(c)
	return s.End()
}

func handsOver() *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	a, b := main.Spawn(), main.Spawn()
	eps := map[*tracetest.Thread]trace.Object{a: a.Epoll(), b: b.Epoll()}
	for i, c := range s.Connects(6, "short") {
		sub := []*tracetest.Thread{a, b}[i%2]
		main.Wait(ep, tracetest.Listener).Accept(c)
		sub.Add(eps[sub], c, trace.In)
		c.Ask(10)
		sub.Wait(eps[sub], c).Read(c, 10)
		sub.Write(c, 10)
		c.Answered()
		c.Leaves()
		sub.Wait(eps[sub], c).Read(c, 0).Close(c)
	}
	return s.End()
}

func threads() *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	var pool []*tracetest.Thread
	for range 4 {
		pool = append(pool, main.Spawn())
	}
	for i, c := range s.Connects(8, "short") {
		main.Accept(c)
		c.Ask(10)
		pool[i%4].ReadBlocking(c, 10).Write(c, 10)
		c.Answered()
		c.Leaves()
		pool[i%4].ReadBlocking(c, 0).Close(c)
	}
	return s.End()
}

// made is the site of the fixture, made once for all tests that only look at it.
var made = sync.OnceValues(func() (site.Files, error) {
	t := &testing.T{}
	return site.Generate(input(t))
})

func files(t *testing.T) site.Files {
	t.Helper()
	f, err := made()
	require.NoError(t, err)
	return f
}
