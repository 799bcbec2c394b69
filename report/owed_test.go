package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
)

// TestOwed: a counterexample owes what it must break, as far as this machine can show it, and no more than that.
func TestOwed(t *testing.T) {
	run := Run{}
	wrong := Subject{Name: "wrong", Breaks: []string{"a.broken", "a.kept", "a.unsupported", "a.elsewhere"}}
	for id, outcome := range map[string]check.Outcome{
		"a.broken": check.Fail, "a.kept": check.Pass, "a.unsupported": check.Unsupported, "a.more": check.Fail, "a.fine": check.Pass,
	} {
		run.Claims = append(run.Claims, Claim{ID: id})
		run.Results = append(run.Results, Result{Claim: id, Subject: "wrong", Finding: check.Finding{Outcome: outcome}})
	}
	broke, missed, extra := run.Owed(wrong)
	require.Equal(t, []string{"a.broken"}, broke)
	require.Equal(t, []string{"a.kept"}, missed)
	require.Equal(t, []string{"a.more"}, extra)
}
