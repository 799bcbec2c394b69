//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/report"
)

// runSpec runs the built program and gives its result and exit status.
func runSpec(t *testing.T, args ...string) (report.Run, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"run", "--report", "", "--json", "-", "--quiet"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var run report.Run
	require.NoError(t, json.Unmarshal(out.Bytes(), &run), "%s\n%s", out.String(), errs.String())
	return run, cmd.ProcessState.ExitCode()
}

// reportOfARun names, in the environment, the report of a run of all that this source says, which has just been made: CI
// makes one before its tests, and need not wait for the same again.
const reportOfARun = "IOSPEC_TEST_REPORT"

// runOverServers gives a run over all servers with its report: the one that the environment names, or one that it makes.
func runOverServers(t *testing.T) (run report.Run, dir string) {
	t.Helper()
	if dir = os.Getenv(reportOfARun); dir != "" {
		made, err := report.Read(dir)
		require.NoError(t, err, "%s names no report", reportOfARun)
		return *made, dir
	}
	dir = filepath.Join(t.TempDir(), "report")
	run, status := runSpec(t, "--server", "*/*", "--report", dir)
	require.Contains(t, []int{0, 1}, status)
	return run, dir
}

// TestServersKeepTheSpecification runs every Rule about servers against every reference server and counterexample: the
// first keep all, the second break exactly what they must. The kernel Rules are tested in package steps.
func TestServersKeepTheSpecification(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the run over all servers; 'iospec run' is the same")
	}
	run, dir := runOverServers(t)
	wrong := map[string]report.Subject{}
	for _, s := range run.Subjects {
		if len(s.Breaks) > 0 {
			wrong[s.Name] = s
		}
	}
	require.NotEmpty(t, wrong)
	requireNoConfusion(t, run)
	for _, r := range run.Results {
		if _, ok := wrong[r.Subject]; ok {
			continue
		}
		t.Run(r.Subject+"/"+r.Claim, func(t *testing.T) {
			var text strings.Builder
			report.Detail(&text, r, report.Claim{ID: r.Claim}, report.Style{})
			switch r.Outcome {
			case check.Pass:
			case check.Unsupported:
				t.Skip("UNSUPPORTED on this machine:" + text.String())
			default:
				t.Error(text.String())
			}
		})
	}
	identifyReferences(t, run, dir)
	for name, s := range wrong {
		t.Run(name, func(t *testing.T) {
			_, missed, extra := run.Owed(s)
			require.Empty(t, missed, "must be broken, and were kept")
			require.Empty(t, extra, "must be kept, and were broken")
		})
	}
	for _, e := range catalogue() {
		if len(e.Breaks) > 0 {
			require.Contains(t, wrong, e.Name, "this counterexample has not run")
		}
	}
}

// TestEveryServerRuleHasACounterexample: a check that nothing fails may be a check that cannot fail. What is measured on
// reference servers compares them with themselves, and is not asked for one; nor is what is judged on Windows' completion
// ports, where package steps puts wrong logs before the predicates.
func TestEveryServerRuleHasACounterexample(t *testing.T) {
	claims, err := selectClaims(nil, "@server or @load or @reference and not @measured")
	require.NoError(t, err)
	broken := map[string]bool{}
	for _, e := range catalogue() {
		for _, id := range e.Breaks {
			broken[id] = true
		}
	}
	for _, c := range claims {
		if c.Traits.Has("iocp") {
			continue
		}
		require.True(t, broken[c.ID], "no counterexample breaks %s (%s:%d)", c.ID, c.File, c.Line)
	}
}

// TestTheCatalogueIsSound: traits are words of the vocabulary, and counterexamples break claims that there are.
func TestTheCatalogueIsSound(t *testing.T) {
	claims, err := selectClaims(nil, "")
	require.NoError(t, err)
	known := map[string]bool{}
	for _, c := range claims {
		known[c.ID] = true
	}
	seen := map[string]bool{}
	for _, e := range catalogue() {
		require.False(t, seen[e.Name], "%s is there twice", e.Name)
		seen[e.Name] = true
		require.NotEmpty(t, e.Summary, e.Name)
		_, err := parseAs(e.Traits.String())
		require.NoError(t, err, e.Name)
		for _, id := range e.Breaks {
			require.True(t, known[id], "%s breaks %s, which is no claim", e.Name, id)
		}
	}
}
