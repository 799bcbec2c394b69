//go:build linux

package wine

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMissing holds that a machine without Wine is told what to install.
func TestMissing(t *testing.T) {
	_, err := find("no-such-program", "nor-this")
	var missing *Missing
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "no-such-program")
	require.ErrorContains(t, err, "apt-get install wine64")
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
	require.NoError(t, b.Close())
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left)
}
