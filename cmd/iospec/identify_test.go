//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
)

// identifyReferences holds that each reference server is found to be what it claims, on each axis on which it claims
// something, from the recordings that a run left in a report.
func identifyReferences(t *testing.T, run report.Run, dir string) {
	about, err := claimsAbout()
	require.NoError(t, err)
	for _, s := range run.Subjects {
		if len(s.Breaks) > 0 || s.Name == report.Kernel || s.Name == report.Wild {
			continue
		}
		t.Run("identify/"+s.Name, func(t *testing.T) {
			file := filepath.Join(dir, report.RecordingPath(s.Name))
			if _, err := os.Stat(file); err != nil {
				t.Skipf("UNSUPPORTED: %s cannot be recorded here: %v", s.Name, err)
			}
			rec, err := readRecording(file)
			require.NoError(t, err)
			id := identify.Identify(rec, about)
			require.Equal(t, identify.High, id.Confidence, "%s", page(id))
			found, claimed := trait.Set(id.Traits()), trait.Set(s.As)
			for _, axis := range []trait.Axis{trait.Architecture, trait.Demultiplexer, trait.Trigger, trait.Accept} {
				if want := claimed.On(axis); len(want) > 0 {
					require.Equal(t, want, found.On(axis), "%s", page(id))
				}
			}
			if len(claimed.On(trait.Architecture)) > 0 { // of what it does not claim, a named system may keep a part only
				require.Empty(t, id.Candidates[0].Against, "%s", page(id))
			}
		})
	}
}

// page is an identity as it is printed, with all of its evidence.
func page(id identify.Identity) string {
	var text strings.Builder
	printIdentity(&text, id, report.Style{}, pageOptions{verbose: true})
	return text.String()
}

// stranger is a server that is not one of ours in any sense but that we have written it: it shares no code with them, and
// most are in other languages.
type stranger struct {
	name    string
	needs   string // the program that runs or builds it
	from    string // the package that brings that program
	source  string // of a C or Go program, which is built; else ""
	command []string
	traits  string // architecture first, then what is told of the other axes
	variant string
	sure    identify.Confidence // "" is high
}

const (
	gcc     = "gcc libc6-dev"
	python  = "python3"
	node    = "nodejs"
	jdk     = "default-jdk-headless"
	servers = "testdata/servers/"
	ofUsers = "../../examples/"
)

// examples are what we show users: a page in each language.
var examples = []stranger{
	{name: "c", needs: "cc", from: gcc, source: ofUsers + "c/server.c", traits: "single-reactor,epoll,edge"},
	{name: "python", needs: "python3", from: python, command: []string{"python3", ofUsers + "python/server.py", "{port}"}, traits: "single-reactor,epoll,level"},
	{name: "node", needs: "node", from: node, command: []string{"node", ofUsers + "node/server.js", "{port}"}, traits: "single-reactor,epoll,level"},
	{name: "java", needs: "java", from: jdk, command: []string{"java", ofUsers + "java/Server.java", "{port}"}, traits: "thread-per-connection"},
	{name: "go", needs: "go", from: "golang", source: ofUsers + "go", traits: "managed-runtime,epoll,edge"},
}

// keptApart are servers that are taken for something else if one does not look closely.
var keptApart = []stranger{
	{name: "a pool that is filled as clients come", needs: "cc", from: gcc, source: servers + "lazy_pool.c", command: []string{"20"},
		traits: "thread-pool,accept-main", variant: "filled as clients come"},
	{name: "a pool larger than the load", needs: "cc", from: gcc, source: servers + "lazy_pool.c", command: []string{"1000", "eager"},
		traits: identify.Inconclusive, sure: identify.None},
	{name: "a pool that is never full", needs: "cc", from: gcc, source: servers + "lazy_pool.c", command: []string{"1000"},
		traits: "thread-pool,accept-main", sure: identify.Medium,
		variant: "filled as clients come, and never full: or a thread for each connection, kept for another one"},
	{name: "a pool in Python", needs: "python3", from: python, command: []string{"python3", servers + "pool.py", "{port}"},
		traits: "thread-pool,accept-main", variant: "filled as clients come"},
	{name: "peers", needs: "cc", from: gcc, source: servers + "peers.c", traits: "multi-reactor-threads,epoll,level,accept-shared", variant: "each accepts what it serves"},
	{name: "exclusive peers", needs: "cc", from: gcc, source: servers + "peers.c", command: []string{"exclusive"},
		traits: "multi-reactor-threads,epoll,level,accept-exclusive", variant: "each accepts what it serves"},
	{name: "peers that even out the load", needs: "cc", from: gcc, source: servers + "peers.c", command: []string{"handing"},
		traits: "multi-reactor-threads,epoll,level,accept-shared", variant: "several accept, and hand over to one another"},
	{name: "leader and followers", needs: "cc", from: gcc, source: servers + "shared_set.c", command: []string{"followers"},
		traits: identify.Inconclusive + ",epoll,oneshot,accept-shared", sure: identify.None,
		variant: "several threads wait on one set, and whoever is told of a connection handles it: leader and followers"},
	{name: "workers that read and write", needs: "cc", from: gcc, source: servers + "shared_set.c", command: []string{"workers"},
		traits: "single-reactor-threads,epoll,oneshot", variant: "the workers read and write what the reactor is told of"},
	{name: "workers that accept, too", needs: "cc", from: gcc, source: servers + "tasks.c", command: []string{"events"},
		traits: identify.Inconclusive + ",epoll,oneshot,accept-shared", sure: identify.None},
	{name: "a runtime with a thread that only waits", needs: "cc", from: gcc, source: servers + "tasks.c", command: []string{"tasks"},
		traits: "managed-runtime,epoll,oneshot"},
	{name: "processes with workers that read and write", needs: "cc", from: gcc, source: servers + "shared_set.c", command: []string{"workers", "3"},
		traits: "multi-reactor-processes,epoll,oneshot,accept-shared", variant: "each accepts what it serves"},
	{name: "io_uring for a log", needs: "cc", from: gcc, source: servers + "ring.c", command: []string{"files"}, traits: "single-reactor,epoll,level"},
	{name: "io_uring for readiness", needs: "cc", from: gcc, source: servers + "ring.c", command: []string{"poll"}, traits: "single-reactor,io_uring,oneshot"},
	{name: "separated privileges", needs: "python3", from: python, command: []string{"python3", servers + "processes.py", "{port}", "privileges"},
		traits: "process-per-connection", variant: "two processes for each connection"},
	{name: "connections passed to processes", needs: "python3", from: python, command: []string{"python3", servers + "processes.py", "{port}", "passed"},
		traits: "process-pool,accept-main", variant: "one accepts and hands over"},
	{name: "a forking server of the library's", needs: "python3", from: python, command: []string{"python3", servers + "processes.py", "{port}", "forking"},
		traits: "process-per-connection", variant: "each is a copy of the one that accepts"},
	{name: "a super-server", needs: "cc", from: gcc, source: servers + "inetd.c",
		traits: "process-per-connection", variant: "each executes another program, as under inetd"},
	{name: "a cluster in Node", needs: "node", from: node, command: []string{"node", servers + "cluster.js", "{port}"},
		traits: "multi-reactor-processes,epoll,level,accept-main", variant: "one accepts and hands over"},
}

func TestIdentifyNamesTheExamples(t *testing.T) { identifyStrangers(t, examples) }

func TestIdentifyKeepsApart(t *testing.T) { identifyStrangers(t, keptApart) }

func identifyStrangers(t *testing.T, all []stranger) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the servers in other languages")
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(s.needs); err != nil {
				t.Skipf("UNSUPPORTED: %s is not installed (apt-get install %s)", s.needs, s.from)
			}
			id := s.identify(t)
			require.Equal(t, s.traits, strings.Join(append([]string{id.Architecture}, axesOf(id)...), ","), "%s", page(id))
			require.Equal(t, s.variant, id.Variant, "%s", page(id))
			if s.sure == "" {
				s.sure = identify.High
			}
			require.Equal(t, s.sure, id.Confidence, "%s", page(id))
		})
	}
}

// identify has the built program do it, as a user would.
func (s stranger) identify(t *testing.T) identify.Identity {
	t.Helper()
	args := append([]string{"identify", "--protocol", "line", "--start-timeout", "1m", "--quiet", "--json", "-", "--"}, s.build(t)...)
	cmd := exec.CommandContext(t.Context(), binary, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), "%s", &errs)
	var id identify.Identity
	require.NoError(t, json.Unmarshal(out.Bytes(), &id), "%s", &out)
	return id
}

// build gives the command that starts the server.
func (s stranger) build(t *testing.T) []string {
	t.Helper()
	if s.source == "" {
		return s.command
	}
	program := filepath.Join(t.TempDir(), "server")
	build := exec.Command("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, s.source, "-lpthread")
	if info, err := os.Stat(s.source); err == nil && info.IsDir() {
		build = exec.Command("go", "build", "-o", program, "./"+s.source)
	}
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return append([]string{program, "{port}"}, s.command...)
}
