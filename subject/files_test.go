//go:build linux

package subject

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFiles: the server of role "configured" listens where its configuration says, which is only known when the port is.
func TestFiles(t *testing.T) {
	clean(t)
	s, err := Start(t.Context(), Spec{
		Command: role("configured", "{dir}/server.conf"),
		Files:   map[string]string{"server.conf": "{address}"},
	})
	require.NoError(t, err)
	folder := filepath.Dir(s.Command()[3])
	require.FileExists(t, filepath.Join(folder, "server.conf"))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "pid"), nil, 0o600), "the server may keep things there")
	_, err = s.Stop(context.Background())
	require.NoError(t, err)
	require.NoDirExists(t, folder)
}

func TestFilesGoWhenTheServerDoesNotStart(t *testing.T) {
	clean(t)
	kept := t.TempDir()
	t.Setenv("TMPDIR", kept)
	_, err := Start(t.Context(), Spec{Command: []string{"/does/not/exist", "{address}"}, Files: map[string]string{"a": "{port}"}})
	require.Error(t, err)
	left, err := os.ReadDir(kept)
	require.NoError(t, err)
	require.Empty(t, left)
}
