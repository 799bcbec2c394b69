package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
)

// ofMine is a check of one server: a claim kept, one broken, one that the load did not touch, one that went wrong.
func ofMine() *Run {
	run := &Run{
		Schema: SchemaRun, Kernel: "6.18",
		Subjects: []Subject{{Name: "mine", As: []string{"epoll"}}},
		Claims:   []Claim{{ID: "a.kept", Title: "it keeps"}, {ID: "a.broken", Title: "it breaks"}, {ID: "a.open"}, {ID: "a.error"}},
		Results: []Result{
			{Claim: "a.kept", Subject: "mine", Finding: check.Finding{Outcome: check.Pass}, Scenarios: []Scenario{{Seconds: 1.5}}},
			{Claim: "a.broken", Subject: "mine", Finding: check.Finding{Outcome: check.Fail, Expected: "order", Observed: "chaos <&>"}},
			{Claim: "a.open", Subject: "mine", Finding: check.Finding{Outcome: check.Inconclusive, Observed: "nobody came"}},
			{Claim: "a.error", Subject: "mine", Finding: check.Finding{Outcome: check.Error, Observed: "EBADF"}},
		},
	}
	run.Tally()
	return run
}

func TestReadKnown(t *testing.T) {
	known, err := ReadKnown(strings.NewReader("# what we owe\n\na.broken  we are at it: #12\n  a.open\n"))
	require.NoError(t, err)
	require.Equal(t, Known{{"a.broken", "we are at it: #12"}, {"a.open", ""}}, known)
	_, err = ReadKnown(strings.NewReader("a.b\na.b again\n"))
	require.ErrorContains(t, err, "line 2: a.b is listed twice")
}

func TestKnownFailures(t *testing.T) {
	run := ofMine()
	stale, unjudged := Known{{"a.broken", "we are at it"}, {"a.kept", ""}, {"a.open", ""}, {"b.else", ""}}.Hold(run)
	require.Equal(t, []string{"a.kept"}, stale)
	require.Equal(t, []string{"b.else"}, unjudged)
	require.Equal(t, Summary{Pass: 1, Inconclusive: 1, Error: 1, Known: 1}, run.Summary)
	require.Equal(t, run.Summary, ResultOf(run, run.Subjects[0]).Summary)
	var text strings.Builder
	Single(&text, run, run.Subjects[0], Style{}, false)
	require.Contains(t, text.String(), "known  a.broken")
	require.Contains(t, text.String(), "1 kept, 1 known to fail, 1 errors, 1 inconclusive")
	require.NotContains(t, text.String(), "fail  a.broken on mine", "no alarm for what is known")
}

func TestJUnit(t *testing.T) {
	run := ofMine()
	Known{{"a.open", "later"}}.Hold(run)
	var out bytes.Buffer
	require.NoError(t, JUnit(&out, run))
	var read junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &read))
	require.Len(t, read.Suites, 1)
	s := read.Suites[0]
	require.Equal(t, []int{4, 1, 1, 1}, []int{s.Tests, s.Failures, s.Errors, s.Skipped})
	require.Equal(t, "1.500", s.Time)
	require.Equal(t, "a.kept: it keeps", s.Cases[0].Name)
	require.Equal(t, "chaos <&>", s.Cases[1].Failure.Message)
	require.Contains(t, s.Cases[1].Failure.Text, "order")
	require.Equal(t, "inconclusive: nobody came", s.Cases[2].Skipped.Message)
	run.Results[1].Known = new(string)
	out.Reset()
	require.NoError(t, JUnit(&out, run))
	require.Contains(t, out.String(), `failures="0"`)
}

// findings writes a run or one result of it, and reads it back as diff does.
func findings(t *testing.T, what any) Findings {
	t.Helper()
	data, err := json.Marshal(what)
	require.NoError(t, err)
	f, err := ReadFindings(bytes.NewReader(data))
	require.NoError(t, err)
	return f
}

func TestDiff(t *testing.T) {
	before, after := ofMine(), ofMine()
	require.Empty(t, Diff(findings(t, before), findings(t, after)))

	after.Results = after.Results[:3]
	after.Results[0].Finding = check.Finding{Outcome: check.Fail, Observed: "it broke"}
	after.Results[1].Finding = check.Finding{Outcome: check.Pass}
	after.Results[2].Claim = "a.later"
	changes := Diff(findings(t, before), findings(t, ResultOf(after, after.Subjects[0])))
	var words []string
	for _, c := range changes {
		words = append(words, c.Word()+" "+c.Claim)
	}
	require.Equal(t, []string{"worse a.kept", "gone a.open", "gone a.error", "new a.later", "better a.broken"}, words)
	require.True(t, changes[0].Lost())
	require.False(t, changes[4].Lost())
	var text strings.Builder
	PrintDiff(&text, changes, Style{})
	require.Contains(t, text.String(), "worse   a.kept")
	require.Contains(t, text.String(), "pass → fail\n        it broke\n")
}

// TestDiffOfTwoServers: another server with other names is compared claim by claim.
func TestDiffOfTwoServers(t *testing.T) {
	before, after := ofMine(), ofMine()
	for i := range after.Results {
		after.Results[i].Subject = "theirs"
	}
	after.Results[0].Outcome = check.Fail
	changes := Diff(findings(t, before), findings(t, after))
	require.Len(t, changes, 1)
	require.Equal(t, "theirs", changes[0].Subject)
}

func TestReadFindingsRefusesOtherFiles(t *testing.T) {
	_, err := ReadFindings(strings.NewReader(`{"schema":"iospec/identity/v1"}`))
	require.ErrorContains(t, err, "iospec/identity/v1")
	_, err = ReadFindings(strings.NewReader(`<html>`))
	require.ErrorContains(t, err, "not JSON")
}
