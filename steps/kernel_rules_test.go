//go:build linux

package steps

import (
	"flag"
	"path"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
)

var claimFlag = flag.String("claim", "", "run only the claims that match this pattern, such as 'trigger.*'")

// TestKernelRules runs every @kernel scenario, as `iospec run` does, a subtest per claim.
func TestKernelRules(t *testing.T) {
	claims, err := features.Register()
	require.NoError(t, err)
	ran := 0
	for _, c := range claims {
		if match, _ := path.Match(*claimFlag, c.ID); *claimFlag != "" && !match || !c.Has(features.Kernel) {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			run, err := Run(t.Context(), Plan{Claims: []features.Claim{c}, Kernel: true})
			require.NoError(t, err)
			for _, res := range run.Results {
				for _, s := range res.Scenarios {
					t.Logf("%s %q %.2fs %v", s.Outcome, s.Name, s.Seconds, s.Notes)
					switch s.Outcome {
					case check.Pass:
					case check.Unsupported:
						t.Logf("UNSUPPORTED on this machine: %s", s.Observed)
					default:
						t.Errorf("%s: expected %s; observed %s; steps %v", s.Outcome, s.Expected, s.Observed, s.Steps)
					}
				}
			}
		})
	}
	require.NotZero(t, ran, "no claim matches %q", *claimFlag)
}
