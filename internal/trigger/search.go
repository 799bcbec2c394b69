//go:build linux

package trigger

import (
	"flag"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/iospec/iospec/internal/sock"
)

// Found is what a search found.
type Found struct {
	Played Played // the shortest script that refutes the model; zero if there was none
	Seed   uint64 // of the script from which it was shrunk: RAPID_SEED repeats it
	Log    string // what rapid says about it

	Scripts int // how many scripts were played, those of shrinking included
	Lines   int // how many lines they had
}

// Search plays up to that many random scripts against a fresh model each, and shrinks the first script that refutes it.
// The environment variable RAPID_SEED, where set, decides which scripts are drawn.
func Search(scripts int, model func(ends int) Model) (found Found, err error) {
	l, err := sock.Listen(Ends)
	if err != nil {
		return found, err
	}
	defer sock.Close(l.FD)
	var last Played // rapid plays the shortest script last
	r := &referee{}
	err = r.check(scripts, func(t *rapid.T) {
		last = property(t, model, l)
		found.Scripts++
		found.Lines += len(last.Lines)
		if last.Refuted() {
			t.Fatalf("kernel and model disagree:\n%s", last)
		}
	})
	if err != nil || !r.failed {
		return found, err
	}
	if found.Played, found.Seed, found.Log = last, r.seed(), r.log.String(); !last.Refuted() {
		return found, fmt.Errorf("the search for a script ended oddly: %s", found.Log)
	}
	return found, nil
}

// property draws a script and plays it.
func property(t *rapid.T, model func(int) Model, l *sock.Listener) Played {
	p, err := Play(anyScript.Draw(t, "script"), model(Ends), l)
	if err != nil {
		t.Fatalf("cannot play: %v", err)
	}
	return p
}

// referee lets rapid search outside of `go test`: it is what rapid reports to.
type referee struct {
	log    strings.Builder
	failed bool
}

// settings of rapid are flags of the process, so only one search may run at a time.
var settings sync.Mutex

// check runs rapid with settings of ours, and puts back those it found.
func (r *referee) check(scripts int, property func(*rapid.T)) error {
	settings.Lock()
	defer settings.Unlock()
	testing.Init() // rapid asks testing.Short, which wants its flags defined and parsed
	if !flag.Parsed() {
		if err := flag.CommandLine.Parse(nil); err != nil {
			return fmt.Errorf("prepare rapid: %w", err)
		}
	}
	if testing.Short() {
		scripts *= 5 // rapid takes a fifth of what it is told then, and one would be none
	}
	for name, value := range map[string]string{"checks": strconv.Itoa(scripts), "nofailfile": "true", "shrinktime": "30s"} {
		f := flag.Lookup("rapid." + name)
		before := f.Value.String()
		if err := f.Value.Set(value); err != nil {
			return fmt.Errorf("prepare rapid: %w", err)
		}
		defer func() { _ = f.Value.Set(before) }()
	}
	over := make(chan struct{})
	go func() { // FailNow ends the goroutine that calls it
		defer close(over)
		rapid.Check(r, property)
	}()
	<-over
	return nil
}

var seedInLog = regexp.MustCompile(`-rapid\.seed=(\d+)`)

func (r *referee) seed() uint64 {
	m := seedInLog.FindStringSubmatch(r.log.String())
	if m == nil {
		return 0
	}
	seed, _ := strconv.ParseUint(m[1], 10, 64) // the pattern leaves nothing to go wrong but a change of rapid's: then 0
	return seed
}

// What follows is rapid.TB.

func (r *referee) Helper()                   {}
func (r *referee) Name() string              { return "iospec-trigger-model" }
func (r *referee) Logf(f string, a ...any)   { fmt.Fprintf(&r.log, f+"\n", a...) }
func (r *referee) Log(a ...any)              { fmt.Fprintln(&r.log, a...) }
func (r *referee) Errorf(f string, a ...any) { r.Logf(f, a...); r.Fail() }
func (r *referee) Error(a ...any)            { r.Log(a...); r.Fail() }
func (r *referee) Fatalf(f string, a ...any) { r.Logf(f, a...); r.FailNow() }
func (r *referee) Fatal(a ...any)            { r.Log(a...); r.FailNow() }
func (r *referee) Skipf(f string, a ...any)  { r.Logf(f, a...); r.SkipNow() }
func (r *referee) Skip(a ...any)             { r.Log(a...); r.SkipNow() }
func (r *referee) SkipNow()                  { runtime.Goexit() }
func (r *referee) Fail()                     { r.failed = true }
func (r *referee) FailNow()                  { r.failed = true; runtime.Goexit() }
func (r *referee) Failed() bool              { return r.failed }
