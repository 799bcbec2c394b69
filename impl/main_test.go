//go:build linux

package impl_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain settles how much is tried where nobody says otherwise. There are many servers, and each case of rapid's starts
// one, so its hundred are too many; and the tests that run in parallel wait, for servers that end, and need no
// processor each. To try more where it matters: go test ./impl -run TestExchange/epoll -rapid.checks 1000
func TestMain(m *testing.M) {
	// A program under the race detector sleeps for a second before it exits; each test here ends a server or more.
	if os.Getenv("GORACE") == "" {
		_ = os.Setenv("GORACE", "atexit_sleep_ms=10")
	}
	flag.Parse()
	settings := map[string]string{"rapid.checks": "15", "test.parallel": "12"}
	if testing.Short() {
		settings["rapid.checks"] = "20" // of which rapid takes a fifth
	}
	flag.Visit(func(f *flag.Flag) { delete(settings, f.Name) })
	for name, value := range settings {
		if err := flag.Set(name, value); err != nil {
			panic(err) // there is no such flag any more
		}
	}
	os.Exit(m.Run())
}
