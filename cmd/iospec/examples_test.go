//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/report"
)

// TestExamplesKeepWhatTheyClaim: what we show users as the servers of an architecture breaks no claim about it. What a
// language has no use for, such as reading a part of what is there, may be inconclusive.
func TestExamplesKeepWhatTheyClaim(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the servers in other languages")
	}
	for _, s := range examples {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(s.needs); err != nil {
				t.Skipf("UNSUPPORTED: %s is not installed (apt-get install %s)", s.needs, s.from)
			}
			args := []string{"check", "--as", s.traits, "--protocol", "line", "--start-timeout", "1m", "--json", "-", "--"}
			cmd := exec.Command(binary, append(args, s.build(t)...)...)
			var out, said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &said
			require.NoError(t, cmd.Run(), "%s", &said)
			var found report.SingleResult
			require.NoError(t, json.Unmarshal(out.Bytes(), &found))
			require.Zero(t, found.Summary.Fail+found.Summary.Error, "%s", &said)
			require.Positive(t, found.Summary.Pass, "%s", &said)
		})
	}
}
