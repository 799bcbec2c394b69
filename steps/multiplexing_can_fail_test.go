//go:build linux

package steps

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/report"
)

// sabotaging is a change of one scenario after which it must fail: a set-up that does not do what the claim needs, or a
// claim that is not true.
type sabotaging struct{ claim, scenario, from, to string }

var sabotage = []sabotaging{
	{"mux.many-events-one-call", "each name all that are ready", "those 7 and", "those 8 and"},
	{"mux.many-events-one-call", "epoll_wait brings no more", "room for 3", "room for 2"},

	{"select.whole-set-in", "left out of one call", "on an empty set, though another call watched them a moment ago", "on the set"},
	{"select.set-overwritten", "only the ready descriptors", "on the set", "on an empty set, though another call watched them a moment ago"},
	{"select.set-overwritten", "does not rebuild", "When select is called on the set\n      And then", "When then"},
	{"select.two-copies", "ordinary memory", "with all rights", "that cannot be read"},
	{"select.two-copies", "the copy in", "that cannot be read", "with all rights"},
	{"select.two-copies", "the copy out", "that can be read but not written", "with all rights"},
	{"select.caps-1024", "the standard type has room", "1023 fits into it and descriptor 1024", "1022 fits into it and descriptor 1023"},
	{"select.level-only", "left unread", "select and poll are called 5 times each and nothing is read", "one byte is read before each call"},
	{"select.level-only", "partial read", "one byte is read before each call", "select and poll are called 5 times each and nothing is read"},

	{"poll.array", "more than 1024 entries", "When poll is called on the array\n", ""},
	{"poll.array", "above 1023", "When poll is called on the array\n", ""},
	{"poll.list", "costs the same", "1560, 2070", "1560, 1570"},
	{"poll.fd-limit", "and one more", "Then", "When the soft limit is lowered by 100\n      Then"},
	{"poll.fd-limit", "soft limit that counts", "by 100", "by 0"},
	{"poll.copies", "ordinary memory", "with all rights", "that cannot be read"},
	{"poll.copies", "the copy into", "that cannot be read", "with all rights"},
	{"poll.copies", "the copy out", "that can be read but not written", "with all rights"},
	{"poll.copies", "revents are written", "When the revents of every entry are filled with garbage before the call\n", ""},

	{"poll.linear", "a line fits", "0.8th to 1.2th", "1.8th to 2.2th"},
	{"select.two-scans", "the kernel's scan", "250, 500", "2000, 2000"},
	{"select.two-scans", "a high number", "500, 5000, 10000 and 15000", "500, 501, 502 and 503"},
	{"select.two-scans", "the program's scan", "500, 5000, 10000 and 15000", "500, 501, 502 and 503"},
	{"select.cost-explodes", "an exponential does not", "at least 2 times", "at least 2000 times"},
	{"select.cost-explodes", "absurd for large", "by more than 5", "by more than 1000000000000"},
	{"select.cost-explodes", "the work of a round", "1.6th to 2.2th", "0.8th to 1.2th"},

	{"epoll.interest-kept-in-kernel", "lists what was registered", "these 50", "these 51"},
	{"epoll.interest-kept-in-kernel", "neither takes nor changes", "one of them gets something to read and the instance is waited on 3 times", "one is deleted, one is changed to EPOLLOUT and one new socket is added"},
	{"epoll.red-black-tree", "hardly more in a large set", "more than 3 times", "more than 0 times"},
	{"epoll.ready-list", "exactly those with something to do", "those 37", "those 38"},
	{"epoll.ready-list", "with nothing to do", "Then", "When 1 of them, chosen at random, get something to read\n      Then"},
	{"epoll.no-scan", "sixteen times as many", "4000", "250"},
	{"epoll.no-scan", "how many are ready", "with 1, 10, 100 and 1000", "with 1, 1, 1 and 1"},
	{"epoll.scales", "serving fifty clients", "4000 idle", "50 idle"},
	{"epoll.no-shared-memory", "cannot be written", "epoll_wait is given a buffer that can be read but not written", "epoll_wait is given room for 4 events of which the last 2 lie on a page that cannot be written"},
	{"epoll.no-shared-memory", "half a buffer", "the last 2", "the last 1"},
	{"epoll.fd-limit-only", "more than 1024", "When every thousandth of them becomes ready\n", ""},
	{"epoll.fd-limit-only", "not bounded by the number of descriptors", "When every instance watches every counter\n", ""},
}

// Every scenario must be able to fail, or it shows nothing.
func TestSabotagedKernelRulesFail(t *testing.T) {
	claims, err := features.Register()
	require.NoError(t, err)
	for _, s := range sabotage {
		t.Run(s.claim+"/"+s.scenario, func(t *testing.T) {
			sc := runSabotaged(t, claims, s, Plan{Kernel: true})
			require.Equal(t, check.Fail, sc.Outcome, "%q: %+v", sc.Name, sc)
			t.Logf("fails as it must: expected %s; observed %.200s", sc.Expected, sc.Observed)
		})
	}
}

// runSabotaged runs a claim after the change in its scenario and gives what came of that one: of an outline, the worst.
func runSabotaged(t *testing.T, claims []features.Claim, s sabotaging, plan Plan) (worst report.Scenario) {
	t.Helper()
	found, err := features.ByID(claims, []string{s.claim})
	require.NoError(t, err)
	file, name := sabotaged(t, found[0], s.scenario, s.from, s.to)
	fsys := fstest.MapFS{found[0].File: {Data: []byte(file)}}
	broken, err := features.ReadRegister(fsys)
	require.NoError(t, err)
	plan.Claims, err = features.ByID(broken, []string{s.claim})
	require.NoError(t, err)
	plan.FS = fsys
	run, err := Run(t.Context(), plan)
	require.NoError(t, err)
	for _, sc := range run.Results[0].Scenarios {
		if sc.Name == name && (worst.Name == "" || report.Worse(sc.Outcome, worst.Outcome)) {
			worst = sc
		}
	}
	require.NotEmpty(t, worst.Name)
	return worst
}

// sabotaged gives the feature file with the change made in the claim's scenario, and that scenario's name.
func sabotaged(t *testing.T, c features.Claim, scenario, from, to string) (file, name string) {
	t.Helper()
	for _, s := range c.Scenarios {
		if strings.Contains(s.Name, scenario) {
			name = s.Name
		}
	}
	require.NotEmpty(t, name, "no scenario of %s is called …%s…", c.ID, scenario)
	text, err := fs.ReadFile(features.FS, c.File)
	require.NoError(t, err)
	rule := strings.Index(string(text), "@"+c.ID+" ")
	require.Positive(t, rule)
	head := regexp.MustCompile(`Scenario(?: Outline)?: ` + regexp.QuoteMeta(name) + `\n`).FindIndex(text[rule:])
	require.NotNil(t, head)
	at := rule + head[1]
	end := len(text) // of the scenario: the next tag, or Rule
	if next := regexp.MustCompile(`\n\n +@`).FindIndex(text[at:]); next != nil {
		end = at + next[0]
	}
	require.Contains(t, string(text[at:end]), from)
	return string(text[:at]) + strings.ReplaceAll(string(text[at:end]), from, to) + string(text[end:]), name
}
