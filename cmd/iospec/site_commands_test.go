//go:build linux

package main

import (
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/report"
)

// A reader is somebody with a shell, in an empty folder, who has installed iospec.
type reader struct {
	*testing.T
	dir string
}

// pastes runs a command as a shell does, and gives what it says.
func (r reader) pastes(command string) (said string, status int) {
	r.Helper()
	cmd := exec.CommandContext(r.Context(), "sh", "-c", command)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	require.NotNil(r, cmd.ProcessState, "%v", err)
	return string(out), cmd.ProcessState.ExitCode()
}

var (
	rules    = regexp.MustCompile(`(?s)<article class="rule" id="([^"]*)">(.*?)</article>`)
	commands = regexp.MustCompile(`<div class="cmd"><pre[^>]*><code>([^<]*)</code>`)
)

// commandsOf reads the command of each claim off the pages of a site.
func commandsOf(t *testing.T, site string) map[string]string {
	t.Helper()
	chapters, err := filepath.Glob(filepath.Join(site, "chapter-*.html"))
	require.NoError(t, err)
	of := map[string]string{}
	for _, name := range chapters {
		page, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, rule := range rules.FindAllStringSubmatch(string(page), -1) {
			found := commands.FindAllStringSubmatch(rule[2], -1)
			require.NotEmpty(t, found, "%s has no command", rule[1])
			of[rule[1]] = html.UnescapeString(found[len(found)-1][1])
		}
	}
	return of
}

// samples are a claim for each kind of scenario, with few servers, so that the command is done soon. Where all servers
// are concerned, it is asked for one.
var samples = map[features.Kind]struct{ claim, narrowed string }{
	features.Kernel:    {"c10k.socket-is-file", ""},
	features.Server:    {"process.per-client-prefork", ""},
	features.Load:      {"server.no-stale-events", " --server reactor/single"},
	features.Reference: {"thread.churn-costs", ""},
	features.Wild:      {"multi.memcached", ""},
}

// TestACommandOfTheSiteReproduces does what a reader would: makes a run and its site in an empty folder, takes the
// commands off the pages, and pastes one of each kind. All of them select the claim under which they stand.
func TestACommandOfTheSiteReproduces(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out commands that start servers")
	}
	r := reader{t, t.TempDir()}
	require.NoError(t, os.Mkdir(filepath.Join(r.dir, "bin"), 0o755))
	require.NoError(t, os.Symlink(binary, filepath.Join(r.dir, "bin", "iospec")))
	said, status := r.pastes("iospec run --claim c10k.socket-is-file && iospec site build")
	require.Equal(t, 0, status, said)
	of := commandsOf(t, filepath.Join(r.dir, "iospec-site"))
	claims, err := features.Register()
	require.NoError(t, err)
	require.Len(t, of, len(claims))
	for _, c := range claims {
		require.Equal(t, []string{c.ID}, selectedBy(t, of[c.ID]), of[c.ID])
	}
	for kind, sample := range samples {
		t.Run(string(kind), func(t *testing.T) {
			reader{t, r.dir}.reproduces(of[sample.claim]+sample.narrowed, sample.claim, kind)
		})
	}
}

// selectedBy tells which claims a command is about, without running it.
func selectedBy(t *testing.T, command string) (ids []string) {
	t.Helper()
	args := strings.Fields(command)
	require.Equal(t, "iospec", args[0])
	cmd, rest, err := newRoot().Find(args[1:])
	require.NoError(t, err)
	require.NoError(t, cmd.ParseFlags(rest))
	patterns, err := cmd.Flags().GetStringSlice("claim")
	require.NoError(t, err)
	selected, err := selectClaims(patterns, "")
	require.NoError(t, err)
	for _, c := range selected {
		ids = append(ids, c.ID)
	}
	return ids
}

// reproduces pastes a claim's command, which leaves a report with the scenarios of a kind, all kept.
func (r reader) reproduces(command, claim string, kind features.Kind) {
	said, status := r.pastes(command)
	require.Equal(r, 0, status, said)
	run, err := report.Read(filepath.Join(r.dir, "iospec-report"))
	require.NoError(r, err)
	wrong := map[string]bool{}
	for _, s := range run.Subjects {
		wrong[s.Name] = len(s.Breaks) > 0
	}
	shown := 0
	for _, result := range run.Results {
		require.Equal(r, claim, result.Claim)
		for _, s := range result.Scenarios {
			if s.Kind != string(kind) || wrong[result.Subject] {
				continue
			}
			if s.Outcome == check.Unsupported {
				r.Skip("UNSUPPORTED on this machine: " + fmt.Sprint(s.Observed))
			}
			require.Equal(r, check.Pass, s.Outcome, said)
			shown++
		}
	}
	require.Positive(r, shown, "%s shows no scenario of kind %s", command, kind)
}
