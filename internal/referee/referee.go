// Package referee lets rapid search for a refutation outside of `go test`: in a run of the specification.
package referee

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A Search says how long to look.
type Search struct {
	Name   string        // of the property
	Tries  int           // random cases
	Shrink time.Duration // how long to make the first one that refutes shorter, in bounds of rapid's own
}

// A Verdict is what came of a search.
type Verdict struct {
	Refuted bool
	Seed    uint64 // of the case that refutes, or with which the search began: RAPID_SEED repeats it
	Log     string // what rapid says about it
}

// settings of rapid are flags of the process, so only one search may run at a time.
var settings sync.Mutex

// Run tries the property, which fails by t.Fatalf, with random cases, and with ever shorter ones once one has failed: the
// shortest one last. The environment variable RAPID_SEED, where set, decides which cases are drawn.
func (s Search) Run(property func(*rapid.T)) (v Verdict, err error) {
	settings.Lock()
	defer settings.Unlock()
	testing.Init() // rapid asks testing.Short, which wants its flags defined and parsed
	if !flag.Parsed() {
		if err := flag.CommandLine.Parse(nil); err != nil {
			return v, fmt.Errorf("prepare rapid: %w", err)
		}
	}
	restore, seed, err := s.prepare()
	defer restore()
	if err != nil {
		return v, err
	}
	r := &report{name: s.Name}
	over := make(chan struct{})
	go func() { // FailNow ends the goroutine that calls it
		defer close(over)
		rapid.Check(r, property)
	}()
	<-over
	v = Verdict{Refuted: r.failed, Seed: seed, Log: r.log.String()}
	if m := seedInLog.FindStringSubmatch(v.Log); r.failed && m != nil {
		v.Seed, _ = strconv.ParseUint(m[1], 10, 64) // the pattern leaves nothing to go wrong
	}
	return v, nil
}

var seedInLog = regexp.MustCompile(`-rapid\.seed=(\d+)`)

// prepare sets rapid's flags, and gives a seed where nobody has; restore puts back what was there.
func (s Search) prepare() (restore func(), seed uint64, err error) {
	tries := s.Tries
	if testing.Short() {
		tries *= 5 // rapid takes a fifth of what it is told then, and one would be none
	}
	wanted := map[string]string{"checks": strconv.Itoa(tries), "nofailfile": "true", "shrinktime": s.Shrink.String()}
	if seed, err = strconv.ParseUint(flag.Lookup("rapid.seed").Value.String(), 10, 64); err == nil && seed == 0 {
		seed = rand.Uint64()
		wanted["seed"] = strconv.FormatUint(seed, 10)
	}
	before := map[string]string{}
	restore = func() {
		for name, value := range before {
			_ = flag.Set(name, value) // it was its value
		}
	}
	for name, value := range wanted {
		f := flag.Lookup("rapid." + name)
		before[f.Name] = f.Value.String()
		if err := f.Value.Set(value); err != nil {
			return restore, seed, fmt.Errorf("prepare rapid: %w", err)
		}
	}
	return restore, seed, err
}

// report is what rapid reports to: it is a rapid.TB.
type report struct {
	name   string
	log    strings.Builder
	failed bool
}

func (r *report) Helper()                   {}
func (r *report) Name() string              { return r.name }
func (r *report) Logf(f string, a ...any)   { fmt.Fprintf(&r.log, f+"\n", a...) }
func (r *report) Log(a ...any)              { fmt.Fprintln(&r.log, a...) }
func (r *report) Errorf(f string, a ...any) { r.Logf(f, a...); r.Fail() }
func (r *report) Error(a ...any)            { r.Log(a...); r.Fail() }
func (r *report) Fatalf(f string, a ...any) { r.Logf(f, a...); r.FailNow() }
func (r *report) Fatal(a ...any)            { r.Log(a...); r.FailNow() }
func (r *report) Skipf(f string, a ...any)  { r.Logf(f, a...); r.SkipNow() }
func (r *report) Skip(a ...any)             { r.Log(a...); r.SkipNow() }
func (r *report) SkipNow()                  { runtime.Goexit() }
func (r *report) Fail()                     { r.failed = true }
func (r *report) FailNow()                  { r.failed = true; runtime.Goexit() }
func (r *report) Failed() bool              { return r.failed }
