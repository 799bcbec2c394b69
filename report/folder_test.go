package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFolderIsCompleteOrUntouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "report")
	f, err := NewFolder(path)
	require.NoError(t, err)
	file, err := f.Recording("epoll/edge")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.NoDirExists(t, path, "nothing stands there before it is finished")
	require.NoError(t, f.Finish(sampleRun()))

	data, err := os.ReadFile(filepath.Join(path, "run.json"))
	require.NoError(t, err)
	var run Run
	require.NoError(t, json.Unmarshal(data, &run))
	require.Equal(t, "recordings/epoll-edge.jsonl", run.Subjects[1].Recording)
	require.FileExists(t, filepath.Join(path, "report.txt"))
	require.FileExists(t, filepath.Join(path, run.Subjects[1].Recording))

	_, err = Read(path)
	require.ErrorContains(t, err, "its schema is", "a sample has none")
	_, err = Read(filepath.Dir(path))
	require.ErrorIs(t, err, os.ErrNotExist)

	again, err := NewFolder(path)
	require.NoError(t, err, "an earlier report may be replaced")
	again.Abandon()
	require.FileExists(t, filepath.Join(path, "run.json"), "a run that was given up leaves the last report whole")
	rest, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, rest, 1, "and nothing beside it")
}

func TestFolderSparesWhatIsNotOurs(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(path, "thesis.txt"), nil, 0o644))
	_, err := NewFolder(path)
	require.ErrorContains(t, err, "holds something else than a report")
}

func TestNoFolder(t *testing.T) {
	f, err := NewFolder("")
	require.NoError(t, err)
	file, err := f.Recording("x")
	require.NoError(t, err)
	require.Nil(t, file)
	require.NoError(t, f.Finish(sampleRun()))
	require.Empty(t, f.Path())
}
