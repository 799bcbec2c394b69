package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
)

// sampleRun has a pass, a failure with its witness, something inconclusive, and two counterexamples of which one does
// not break what it must.
func sampleRun() *Run {
	run := &Run{
		Kernel: "6.18", Arch: "amd64", CPUs: 2,
		Subjects: []Subject{
			{Name: Kernel}, {Name: "epoll/edge", As: []string{"epoll", "edge"}},
			{Name: "counterexample/good", Breaks: []string{"a.one"}}, {Name: "counterexample/bad", Breaks: []string{"a.one"}},
		},
		Claims: []Claim{{ID: "a.one", Verdict: "holds", Section: "2.1", Chapter: "2.1-select-and-poll", Title: "one is one"}, {ID: "a.two", Verdict: "qualified", Section: "beyond", Chapter: "2.4-pitfalls", Title: "two"}},
	}
	broken := check.Finding{Outcome: check.Fail, Expected: "one", Observed: "two", Acquit: "one more",
		Witness: []check.Witness{{Seq: 7, At: 1_500_000, TID: 42, Text: "read(fd 5 = c1) = 3"}}}
	pass := check.Finding{Outcome: check.Pass}
	run.Results = []Result{
		{Claim: "a.one", Subject: Kernel, Finding: pass},
		{Claim: "a.one", Subject: "epoll/edge", Finding: broken, Reproduce: "iospec run --server epoll/edge --claim a.one",
			Scenarios: []Scenario{{Name: "counting", Finding: broken, Notes: []string{"1 + 1 = 2"}}}},
		{Claim: "a.two", Subject: "epoll/edge", Finding: check.Finding{Outcome: check.Inconclusive, Observed: "no load"}},
		{Claim: "a.one", Subject: "counterexample/good", Finding: broken},
		{Claim: "a.two", Subject: "counterexample/good", Finding: pass},
		{Claim: "a.one", Subject: "counterexample/bad", Finding: pass},
		{Claim: "a.two", Subject: "counterexample/bad", Finding: broken},
	}
	run.Tally()
	return run
}

func TestMatrix(t *testing.T) {
	var out strings.Builder
	Matrix(&out, sampleRun(), Style{Width: 100})
	require.Equal(t, `
                            epoll/
                    kernel  edge
2.1 select and poll
  a.one  holds      ok      FAIL
2.4 pitfalls
  a.two  qualified  ·       ?
`, out.String())
}

func TestFamiliesAreGrouped(t *testing.T) {
	var subjects []Subject
	for _, name := range []string{"kernel", "selectpoll/select", "selectpoll/poll", "multithreaded/x"} {
		subjects = append(subjects, Subject{Name: name})
	}
	var out strings.Builder
	printHeads(&out, columns(subjects, 100), Style{}, "|")
	require.Equal(t, "\n|        selectpoll/    multithreaded/\n|kernel  select  poll   x\n", out.String())
}

func TestMatrixIsBrokenIntoBlocks(t *testing.T) {
	run := sampleRun()
	for _, name := range []string{"x/one", "x/two", "x/three", "x/four", "x/five", "x/six"} {
		run.Subjects = append(run.Subjects, Subject{Name: name})
		run.Results = append(run.Results, Result{Claim: "a.one", Subject: name, Finding: check.Finding{Outcome: check.Pass}})
	}
	var out strings.Builder
	Matrix(&out, run, Style{Width: 60})
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, len([]rune(line)), 61, "%q", line)
	}
	require.Equal(t, 2, strings.Count(out.String(), "2.1 select and poll"))
}

func TestTroubleShowsTheEvidence(t *testing.T) {
	var out strings.Builder
	Trouble(&out, sampleRun(), Style{})
	text := out.String()
	for _, want := range []string{"fail  a.one on epoll/edge", "one is one", "expected  one", "observed  two", "read(fd 5 = c1) = 3", "tid 42",
		"acquit    one more", "counting", "1 + 1 = 2", "again     iospec run --server epoll/edge --claim a.one", "inconclusive  a.two"} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "counterexample")
	require.NotContains(t, text, "\x1b", "no colours unless asked for")
}

func TestCounterexamplesMustFailExactly(t *testing.T) {
	var out strings.Builder
	Counterexamples(&out, sampleRun(), Style{})
	require.Contains(t, out.String(), "counterexample/good                      breaks a.one")
	require.Contains(t, out.String(), "should break a.one, and does not")
	require.Contains(t, out.String(), "breaks a.two, and should not")
}

func TestSummaryLeavesCounterexamplesOut(t *testing.T) {
	require.Equal(t, Summary{Pass: 1, Fail: 1, Inconclusive: 1}, sampleRun().Summary)
	require.Equal(t, "1 kept, 1 broken, 1 inconclusive", sampleRun().Summary.Line())
}

func TestColours(t *testing.T) {
	var out strings.Builder
	Matrix(&out, sampleRun(), Style{Color: true, Width: 100})
	require.Contains(t, out.String(), "\x1b[1;31mFAIL\x1b[0m")
}

func TestSingle(t *testing.T) {
	run := sampleRun()
	result := ResultOf(run, run.Subjects[1])
	require.Equal(t, Summary{Fail: 1, Inconclusive: 1}, result.Summary)
	require.Len(t, result.Claims, 2)

	var out strings.Builder
	run.Results = result.Claims
	Single(&out, run, run.Subjects[1], Style{}, false)
	require.Contains(t, out.String(), "epoll/edge as epoll,edge")
	require.Less(t, strings.Index(out.String(), "? "), strings.Index(out.String(), "observed  two"), "failures come last, in full")
}

func TestWrap(t *testing.T) {
	require.Equal(t, "aa bb\n  cc", wrap("aa  bb cc", 2, 8))
	require.Empty(t, wrap("", 2, 8))
}
