//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/impl"
)

// seen is what the picture of each reference server says, drawn from its recording: who does what. Numbers are left out,
// since the kernel distributes clients as it likes.
var seen = map[string]string{
	"multiproc/fork":            "Accepts: parent. Waits: parent, children. Reads: children. Works: children. Writes: children.",
	"multiproc/exec":            "Accepts: parent. Waits: parent, children. Reads: children. Works: children. Writes: children.",
	"multiproc/prefork":         "Accepts: serving processes. Waits: serving processes. Reads: serving processes. Works: serving processes. Writes: serving processes.",
	"threadpool/per-connection": "Accepts: acceptor. Waits: acceptor, serving threads. Reads: serving threads. Works: serving threads. Writes: serving threads.",
	"threadpool/pool":           "Accepts: acceptor. Waits: acceptor, serving threads. Reads: serving threads. Works: serving threads. Writes: serving threads.",
	"selectpoll/select":         oneThread,
	"selectpoll/poll":           oneThread,
	"epoll/level":               oneThread,
	"epoll/edge":                oneThread,
	"reactor/single":            oneThread,
	"reactor/single-threads":    "Accepts: reactor. Waits: reactor, worker. Reads: reactor. Works: worker. Writes: reactor.",
	"reactor/single-processes":  "Accepts: reactor. Waits: reactor, worker. Reads: reactor. Works: worker. Writes: reactor.",
	"reactor/multi-single":      oneThread,
	"reactor/multi-threads":     "Accepts: main reactor. Waits: main reactor, sub-reactor. Reads: sub-reactor. Works: sub-reactor. Writes: sub-reactor.",
	"reactor/multi-processes":   "Accepts: main reactor. Waits: main reactor, sub-reactor. Reads: sub-reactor. Works: sub-reactor. Writes: sub-reactor.",
	"reactor/nginx-lock":        oneThread,
	"reactor/nginx-exclusive":   oneThread,
	"reactor/nginx-reuseport":   oneThread,
	"proactor/uring":            "Accepts: kernel. Waits: proactor. Reads: kernel. Works: proactor. Writes: kernel.",
	"proactor/emulated":         "Accepts: accepting helper. Waits: accepting helper, writing helpers, reading helpers, proactor. Reads: reading helpers. Works: proactor. Writes: writing helpers.",
}

const oneThread = "Accepts: reactor. Waits: reactor. Reads: reactor. Works: reactor. Writes: reactor."

var (
	rolesOf = regexp.MustCompile(`<span class="roles">([^<]*)</span>`)
	numbers = regexp.MustCompile(`\d+ | \d+`)
)

// told takes the numbers out of a picture's sentence, and names everybody once.
func told(sentence string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.TrimSuffix(sentence, "."), ". ") {
		role, who, _ := strings.Cut(part, ": ")
		names := strings.Split(numbers.ReplaceAllString(who, ""), ", ")
		slices.Sort(names)
		for i := range names {
			names[i] = strings.TrimSuffix(names[i], "s") // there are as many as the machine has cores
		}
		parts = append(parts, role+": "+strings.Join(slices.Compact(names), ", "))
	}
	return strings.Join(parts, ". ")
}

// TestTheSiteOfARun records every reference server, makes the site, and holds what the pictures say.
func TestTheSiteOfARun(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the recordings of all servers")
	}
	dir := t.TempDir()
	args := []string{"--report", filepath.Join(dir, "report"), "--claim", "socket.data-on-connected"}
	for _, s := range impl.Servers {
		args = append(args, "--server", s.Name)
	}
	_, status := runSpec(t, args...)
	require.Equal(t, 0, status)
	build := exec.CommandContext(t.Context(), binary, "site", "build", "--report", filepath.Join(dir, "report"), "--out", filepath.Join(dir, "site"))
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	for _, s := range impl.Servers {
		page, err := os.ReadFile(filepath.Join(dir, "site", "server-"+strings.ReplaceAll(s.Name, "/", "-")+".html"))
		require.NoError(t, err)
		m := rolesOf.FindSubmatch(page)
		if m == nil {
			t.Logf("no recording of %s: what it needs is missing on this machine", s.Name)
			continue
		}
		require.Equal(t, told(seen[s.Name]), told(string(m[1])), s.Name)
		for _, picture := range []string{`class="architecture"`, `id="one-client"`, `class="decl"`} {
			require.True(t, strings.Contains(string(page), picture), "%s: no %s", s.Name, picture)
		}
	}
}

// TestStatusesAreThoseOfTheHelp: the site's list and the program's own say the same.
func TestStatusesAreThoseOfTheHelp(t *testing.T) {
	help := strings.Join(strings.Fields(newRoot().Long), " ")
	for _, s := range statuses {
		require.Contains(t, help, strings.TrimSpace(strings.Join([]string{string(rune('0' + s.Code)), s.Meaning}, " ")))
	}
}
