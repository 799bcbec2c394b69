//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/trace"
)

// Recorder makes the recording of the exercise with a target, and keeps it in a report folder if it has one.
type Recorder struct {
	Folder *report.Folder
}

// Record starts the target, drives it through the exercise while it is traced, and stops it.
func (r Recorder) Record(ctx context.Context, t Target) (*trace.Recording, error) {
	if r.Folder == nil {
		return RecordTo(ctx, t, nil)
	}
	file, err := r.Folder.Recording(t.Name)
	if err != nil {
		return nil, err
	}
	if file == nil { // a folder that keeps nothing; as a writer, a nil file would not be nil
		return RecordTo(ctx, t, nil)
	}
	rec, err := RecordTo(ctx, t, file)
	return rec, errors.Join(err, file.Close())
}

// RecordTo does the same and streams the recording to a writer, unless it is nil, as it is made.
func RecordTo(ctx context.Context, t Target, w io.Writer) (rec *trace.Recording, err error) {
	rec = trace.NewRecording()
	var sink trace.Sink = rec
	if w != nil {
		sink = trace.Tee(rec, trace.NewWriter(w))
	}
	s, err := t.observe(ctx, sink)
	if err != nil {
		return nil, err
	}
	_, err = s.Exercise(ctx, t.load())
	_, stopErr := s.Stop(ctx)
	if err = errors.Join(err, stopErr); err != nil {
		return rec, fmt.Errorf("record %s: %w", t.Name, err)
	}
	return rec, nil
}

// waves is how many bursts a server gets at most of which one process takes everything, until a second one accepts: a few
// seconds of clients.
const waves = 100

// load is what a target is exercised with. Where several processes accept, one of them may take everything that comes before
// the others have started; so more clients come until they have.
func (t Target) load() subject.Load {
	load := subject.StandardLoad()
	load.TimeScale, load.Command = t.TimeScale, t.Load
	several := slices.Contains(t.Traits, "multi-reactor-processes") || slices.Contains(t.Traits, "process-pool")
	if t.Waves || several && !slices.Contains(t.Traits, "accept-main") {
		load.Waves = waves
	}
	return load
}

// observe starts the target traced, or attaches to it.
func (t Target) observe(ctx context.Context, sink trace.Sink) (*subject.Subject, error) {
	if t.PID != 0 {
		return subject.Attach(ctx, t.PID, t.spec(), sink)
	}
	return subject.Start(ctx, t.spec(), subject.Traced(sink))
}

// spec is the target as package subject starts it.
func (t Target) spec() subject.Spec {
	return subject.Spec{Command: t.Command, Files: t.Files, Env: t.Env, Address: t.Address, Protocol: t.Protocol, StartTimeout: t.StartTimeout, Output: t.Output}
}

// speaking is one of our own servers, told to speak that protocol.
func (t Target) speaking(protocol string) Target {
	t.Command = slices.Clone(t.Command)
	if i := slices.Index(t.Command, "--protocol"); i >= 0 {
		t.Command[i+1] = protocol
	}
	t.Protocol = protocol
	return t
}

// Start starts the scenario's target anew, untraced, for a load of the scenario's own. It is stopped when the scenario is
// over.
func (w *World) Start(ctx context.Context) (*subject.Subject, error) {
	if w.Target == nil {
		return nil, errors.New("this scenario starts a server, but runs against none; is it tagged @load or @reference?")
	}
	return w.start(ctx, *w.Target)
}

func (w *World) start(ctx context.Context, t Target) (*subject.Subject, error) {
	if err := t.lacking(); err != nil {
		return nil, err
	}
	spec := t.spec()
	if t.Abroad {
		windows, err := w.Windows(ctx)
		if err != nil {
			return nil, err
		}
		spec = windows.spec(t)
	}
	s, err := subject.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	w.Cleanup(func() {
		if _, err := s.Stop(context.WithoutCancel(ctx)); err != nil {
			w.Note("stop %s: %v", t.Name, err)
		}
	})
	return s, nil
}
