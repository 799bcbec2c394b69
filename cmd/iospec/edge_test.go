//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/trace"
)

// TestAShortReadDrainsAsWell: an edge-triggered server that stops at a short read and never sees EAGAIN has drained its
// sockets; one that reads once, whatever is left, has not. Both are edge-triggered, and found to be.
func TestAShortReadDrainsAsWell(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out servers that are exercised whole")
	}
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skipf("UNSUPPORTED: cc is not installed (apt-get install %s)", gcc)
	}
	for _, c := range []struct {
		name    string
		command []string
		found   check.Outcome
	}{
		{"short reads", stranger{source: ofUsers + "c/server.c"}.build(t), check.Pass},
		{"one read", []string{binary, "serve", "counterexample/edge-reads-once", "--address", "{address}"}, check.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "r.jsonl")
			said, err := exec.Command(binary, slices.Concat([]string{"record", "--protocol", "line", "-o", file, "--"}, c.command)...).CombinedOutput()
			require.NoError(t, err, "%s", said)
			rec, err := readRecording(file)
			require.NoError(t, err)
			if c.found == check.Pass {
				require.Zero(t, emptyReads(rec), "it is here because it never sees EAGAIN")
			}
			said, err = exec.Command(binary, "identify", "--quiet", "--recording", file).CombinedOutput()
			require.NoError(t, err, "%s", said)
			require.Equal(t, "single-reactor,epoll,edge\n", string(said))
			require.Equal(t, c.found, judged(t, file, "single-reactor,epoll,edge")["trigger.edge-must-drain"])
		})
	}
}

// emptyReads counts the reads of connections that found nothing.
func emptyReads(rec *trace.Recording) (n int) {
	for _, c := range rec.Connections() {
		for _, call := range c.Calls {
			if call.Family == trace.FamilyRead && call.Errno == "EAGAIN" {
				n++
			}
		}
	}
	return n
}

// judged gives the finding of each claim about a recording.
func judged(t *testing.T, file, as string) map[string]check.Outcome {
	t.Helper()
	cmd := exec.Command(binary, "judge", "--as", as, "--json", "-", file)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // it exits 1 where a claim is broken
	var found struct {
		Claims []report.Result `json:"claims"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &found), "%s%s", &out, &errs)
	all := map[string]check.Outcome{}
	for _, c := range found.Claims {
		all[c.Claim] = c.Outcome
	}
	return all
}
