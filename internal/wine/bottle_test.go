//go:build linux

package wine

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMissing holds that a machine without Wine is told what to install.
func TestMissing(t *testing.T) {
	_, err := find("no-such-program", "nor-this")
	var missing *Missing
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "no-such-program")
	require.ErrorContains(t, err, Install)
}

// TestNothingIsLeft holds that a bottle runs this program, and that Close ends what runs and removes what was made.
func TestNothingIsLeft(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: it takes Wine seconds to start")
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	b, err := New(t.Context())
	if missing, ok := errors.AsType[*Missing](err); ok {
		t.Skip("NOT TESTED: ", missing)
	}
	require.NoError(t, err)
	out, err := b.Command(t.Context(), "serve", "nothing").CombinedOutput()
	require.ErrorContains(t, err, "exit status 2", "%s", out)
	unknown := exec.CommandContext(t.Context(), "sleep", "600") // to Wine's kernel, as one that is only being started
	unknown.Env = b.environment()
	require.NoError(t, unknown.Start())
	require.NoError(t, b.Close())
	require.ErrorContains(t, unknown.Wait(), "killed")
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left)
}
