package features

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestTheRegisterReads(t *testing.T) {
	claims, err := Register()
	require.NoError(t, err)
	require.NotEmpty(t, claims)
}

func TestAnOutlineIsSeveralCases(t *testing.T) {
	const text = "Feature: f\n  @a.b @holds @section-1\n  Rule: r\n    @kernel\n    Scenario Outline: s\n      Given <n> of <what>\n      Then that\n" +
		"      Examples:\n        | n | what |\n        | 1 | a |\n        | 2 | b |\n    @kernel\n    Scenario: t\n      Given <n>\n"
	claims, err := ReadRegister(fstest.MapFS{"1-chapter/f.feature": {Data: []byte(text)}})
	require.NoError(t, err)
	require.Equal(t, [][]string{{"Given 1 of a", "Then that"}, {"Given 2 of b", "Then that"}}, claims[0].Scenarios[0].Cases())
	require.Equal(t, [][]string{{"Given <n>"}}, claims[0].Scenarios[1].Cases())
}

// TestFaultsAreNamed holds each demand on a Rule by a file that breaks it.
func TestFaultsAreNamed(t *testing.T) {
	const head = "Feature: f\n"
	const good = "  @a.b @holds @section-1 @epoll\n  Rule: r\n    @kernel\n    Scenario: s\n      Given g\n"
	for _, c := range []struct{ name, text, fault string }{
		{"sound", head + good, ""},
		{"no id", head + strings.Replace(good, "@a.b ", "", 1), "no claim id tag"},
		{"no verdict", head + strings.Replace(good, "@holds ", "", 1), "no verdict tag"},
		{"two verdicts", head + strings.Replace(good, "@holds", "@holds @refuted", 1), "two verdicts"},
		{"no section", head + strings.Replace(good, "@section-1 ", "", 1), "no section tag"},
		{"unknown tag", head + strings.Replace(good, "@epoll", "@epol", 1), "tag @epol is no claim id, verdict, section or trait"},
		{"the same id twice", head + good + good, "claim a.b is also at"},
		{"no scenario", head + "  @a.b @holds @section-1\n  Rule: r\n", "has no scenario"},
		{"one-sided", head + strings.Replace(good, "@holds", "@qualified", 1), "in two scenarios"},
		{"scenario without a kind", head + strings.Replace(good, "    @kernel\n", "", 1), "needs exactly one of"},
		{"scenario of two kinds", head + strings.Replace(good, "@kernel", "@kernel @server", 1), "needs exactly one of"},
		{"about servers, but of no trait", head + strings.Replace(strings.Replace(good, " @epoll", "", 1), "@kernel", "@server", 1), "applies to none"},
		{"scenario outside a Rule", head + "  Scenario: s\n    Given g\n", "proves no claim"},
		{"not Gherkin", "Rule Rule", "expected"},
		{"empty", "", "no feature in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadRegister(fstest.MapFS{"1-chapter/f.feature": {Data: []byte(c.text)}})
			if c.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.fault)
			require.ErrorContains(t, err, "1-chapter/f.feature")
		})
	}
}

var sample = []Claim{
	{ID: "trigger.edge", Verdict: "holds", Section: "2.3", Traits: []string{"epoll", "edge"}, Scenarios: []Scenario{{Kind: Kernel}, {Kind: Server, Measured: true}}},
	{ID: "poll.array", Verdict: "refuted", Section: "2.1", Traits: []string{"poll"}, Scenarios: []Scenario{{Kind: Kernel}}},
}

func TestByID(t *testing.T) {
	for _, pattern := range []string{"trigger.edge", "trigger", "trigger.*", "*.edge"} {
		got, err := ByID(sample, []string{pattern})
		require.NoError(t, err)
		require.Len(t, got, 1, pattern)
	}
	_, err := ByID(sample, []string{"trigger.egde"})
	require.ErrorContains(t, err, `no claim matches "trigger.egde" (there are trigger.edge)`)
	_, err = ByID(sample, []string{"["})
	require.Error(t, err)
}

func TestByTags(t *testing.T) {
	for expr, want := range map[string]int{
		"@epoll": 2, "epoll and not measured": 1, "@section-2.1 or @trigger.edge": 3,
		"not (@epoll or @poll)": 0, "@kernel": 2, "@refuted": 1,
	} {
		got, err := ByTags(sample, expr)
		require.NoError(t, err, expr)
		n := 0
		for _, c := range got {
			n += len(c.Scenarios)
		}
		require.Equal(t, want, n, expr)
	}
	for _, bad := range []string{"", "@a and", "(@a", "@a @b", "and"} {
		_, err := ByTags(sample, bad)
		require.Error(t, err, "%q", bad)
	}
	require.Len(t, sample[0].Scenarios, 2, "the selection leaves its input alone")
}
