//go:build linux

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheServersCodeIsFound holds that each reference server's code can be counted, that of its workers included.
func TestTheServersCodeIsFound(t *testing.T) {
	for _, e := range catalogue() {
		if len(e.Breaks) > 0 || e.system != "" {
			continue
		}
		program, err := e.code()
		require.NoError(t, err, e.Name)
		require.Greater(t, program.Lines(), 100, e.Name)
		t.Logf("%s: %d lines, locked: %v, %d synchronisations", e.Name, program.Lines(), program.Locked(), program.Synchronisations())
	}
}
