package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Folder is where a run leaves its evidence, complete in itself:
//
//	run.json                the result model
//	report.txt              what the terminal showed, without colours
//	recordings/NAME.jsonl   the recording of each server
//
// A folder is built under another name beside its final place and takes that place when it is finished, so that a run
// that is cut short leaves the last report whole. The zero-path folder keeps nothing.
type Folder struct {
	final, work string
}

// marker tells that a folder is ours to replace.
const marker = "run.json"

// NewFolder begins a report that will stand at path; an empty path keeps nothing. A folder that is there already is
// replaced only if it is empty or an earlier report.
func NewFolder(path string) (*Folder, error) {
	if path == "" {
		return &Folder{}, nil
	}
	if entries, err := os.ReadDir(path); err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(path, marker)); err != nil {
			return nil, fmt.Errorf("report folder %s: holds something else than a report: no %s in it", path, marker)
		}
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("report folder: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(path)), 0o755); err != nil {
		return nil, fmt.Errorf("report folder: %w", err)
	}
	work, err := os.MkdirTemp(filepath.Dir(filepath.Clean(path)), "."+filepath.Base(path)+"-")
	if err != nil {
		return nil, fmt.Errorf("report folder: %w", err)
	}
	if err := errors.Join(os.Chmod(work, 0o755), os.Mkdir(filepath.Join(work, "recordings"), 0o755)); err != nil {
		return nil, fmt.Errorf("report folder: %w", err)
	}
	return &Folder{final: path, work: work}, nil
}

// Path is where the report stands once it is finished, "" if none is kept.
func (f *Folder) Path() string { return f.final }

// Recording opens the file for a server's recording; nil if none is kept.
func (f *Folder) Recording(server string) (*os.File, error) {
	if f.work == "" {
		return nil, nil
	}
	file, err := os.Create(filepath.Join(f.work, RecordingPath(server)))
	if err != nil {
		return nil, fmt.Errorf("report folder: %w", err)
	}
	return file, nil
}

// RecordingPath is where a server's recording lies inside a report, with slashes on every system: it stands in the result.
func RecordingPath(server string) string {
	return path.Join("recordings", strings.ReplaceAll(server, "/", "-")+".jsonl")
}

// Finish writes the run and puts the folder in its place.
func (f *Folder) Finish(run *Run) error {
	if f.work == "" {
		return nil
	}
	for i, s := range run.Subjects {
		if _, err := os.Stat(filepath.Join(f.work, RecordingPath(s.Name))); err == nil {
			run.Subjects[i].Recording = RecordingPath(s.Name)
		}
	}
	data, err := json.MarshalIndent(run, "", " ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var text strings.Builder
	Matrix(&text, run, Style{Width: 200})
	Counterexamples(&text, run, Style{Width: 100})
	run.Confusion.Print(&text, Style{Width: 100})
	for _, r := range run.Results {
		Detail(&text, r, run.claim(r.Claim), Style{Width: 100})
	}
	fmt.Fprintf(&text, "\n%s in %.1f s on Linux %s, %s, %d CPUs\n", run.Summary.Line(), run.Seconds, run.Kernel, run.Arch, run.CPUs)
	if err := errors.Join(
		os.WriteFile(filepath.Join(f.work, marker), append(data, '\n'), 0o644),
		os.WriteFile(filepath.Join(f.work, "report.txt"), []byte(text.String()), 0o644),
	); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := os.RemoveAll(f.final); err != nil {
		return fmt.Errorf("replace the last report: %w", err)
	}
	if err := os.Rename(f.work, f.final); err != nil {
		return fmt.Errorf("put the report in its place: %w", err)
	}
	f.work = ""
	return nil
}

// Read gives the run that a finished report holds.
func Read(path string) (*Run, error) {
	data, err := os.ReadFile(filepath.Join(path, marker))
	if err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	run := &Run{}
	if err := json.Unmarshal(data, run); err != nil {
		return nil, fmt.Errorf("read the report %s: %w", filepath.Join(path, marker), err)
	}
	if run.Schema != SchemaRun {
		return nil, fmt.Errorf("read the report %s: its schema is %q, not %q", filepath.Join(path, marker), run.Schema, SchemaRun)
	}
	return run, nil
}

// Abandon removes what an unfinished report has written; after Finish it does nothing.
func (f *Folder) Abandon() {
	if f.work != "" {
		_ = os.RemoveAll(f.work) // there is nothing better to do with a half-written report
	}
}
