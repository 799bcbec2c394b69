//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/report"
)

// TestAServerThatEndsItsConnections: clients of HTTP connect again when a server has said that it answers no more on a
// connection, and what they cannot ask for in this way is left open, and is no fault of the server.
func TestAServerThatEndsItsConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the servers in other languages")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("UNSUPPORTED: python3 is not installed (apt-get install python3)")
	}
	cmd := exec.Command(binary, "check", "--as", "every-server", "--protocol", "http", "--json", "-",
		"--skip", "server.absorbs-bursts,server.survives-descriptor-exhaustion,server.stops-gracefully*", "--",
		"python3", servers+"http_limited.py", "{port}", "7")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	require.NoError(t, cmd.Run(), "%s", &said)
	var found report.SingleResult
	require.NoError(t, json.Unmarshal(out.Bytes(), &found))
	outcomes := map[string]check.Outcome{}
	for _, c := range found.Claims {
		outcomes[c.Claim] = c.Outcome
	}
	for claim, want := range map[string]check.Outcome{
		"server.answers-in-order":     check.Unsupported, // there is no model of HTTP
		"server.pushes-back":          check.Inconclusive,
		"server.is-fair":              check.Inconclusive,
		"server.delivers-big-replies": check.Inconclusive,
		"server.isolates-slow-client": check.Pass,
		"server.no-stale-events":      check.Pass,
		"server.survives-reset":       check.Pass,
	} {
		require.Equal(t, want, outcomes[claim], "%s: %s", claim, &said)
	}
}
