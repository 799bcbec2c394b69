package impl_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets rapid try fewer cases than its hundred, for each of them starts a server, and there are many servers:
// `go test ./impl -run TestExchange/epoll -rapid.checks 1000` tries more of them where it matters.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "15"); err != nil {
			panic(err) // rapid no longer has the flag
		}
	}
	os.Exit(m.Run())
}
