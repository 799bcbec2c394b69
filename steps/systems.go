//go:build linux

package steps

import (
	"context"
	"fmt"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/wild"
)

// SystemTarget is a named system as the suite starts it.
func SystemTarget(s wild.System) Target {
	return Target{
		Name: s.Name, Traits: s.Traits, Command: s.Command, Files: s.Files, Protocol: s.Protocol, StartTimeout: s.StartTimeout,
	}
}

// system finds the system that a sentence names. What the machine lacks for it makes the scenario unsupported.
func (w *World) system(title string) (Target, error) {
	s, known := wild.Titled(title)
	if !known {
		return Target{}, fmt.Errorf("package wild has no system titled %q", title)
	}
	if missing := s.Missing(); missing != "" {
		return Target{}, check.Unsupportedf("%s is not here; on Debian: apt-get install %s", missing, s.Package)
	}
	return SystemTarget(s), nil
}

// SystemRecording gives the recording of the exercise with a system, which is made once, whether for its own column of
// the matrix or for this scenario.
func (w *World) SystemRecording(ctx context.Context, title string) (*trace.Recording, error) {
	t, err := w.system(title)
	if err != nil {
		return nil, err
	}
	for _, r := range w.run.others {
		if r.target.Name == t.Name {
			return r.recording(ctx)
		}
	}
	r := &targetRun{target: &t, record: w.run.record}
	w.run.others = append(w.run.others, r)
	return r.recording(ctx)
}
