package trace

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// A Writer writes a recording as JSON lines, one record each, as the records come. It is a Sink.
//
// Each line is handed to the underlying writer whole and at once, so that a crash costs at most the line being
// written. After a failed write nothing more is written: a torn line is tolerated at the end of a file only.
type Writer struct {
	mu    sync.Mutex
	w     io.Writer
	state writerState
	err   error // the failed write, returned ever after
}

type writerState int

const (
	writerNew writerState = iota
	writerOpen
	writerEnded
)

// NewWriter makes a writer. The first record must be the header.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Put writes one record. It refuses records that Check refuses, anything before the header, and anything after the end.
func (w *Writer) Put(rec Record) error {
	rec = rec.stamped()
	if err := rec.Check(); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	line, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	if len(line) >= MaxLine {
		return fmt.Errorf("write recording: a record of %d bytes, and a line may have %d", len(line), MaxLine)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.expect(rec); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	n, err := w.w.Write(append(line, '\n'))
	if err == nil && n <= len(line) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = err
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}

// expect holds the order of a file: the header, anything, the end.
func (w *Writer) expect(rec Record) error {
	switch {
	case w.err != nil:
		return w.err
	case w.state == writerEnded:
		return errors.New("a record after the end")
	case (w.state == writerNew) != (rec.Header != nil):
		return errors.New("the header comes first, and once")
	}
	w.state = writerOpen
	if rec.End != nil {
		w.state = writerEnded
	}
	return nil
}

// WriteTo writes the whole recording, its records in the order of time. Of a socket that was described several times,
// only the last description is left by then.
func (r *Recording) WriteTo(to io.Writer) (int64, error) {
	count := &counter{w: to}
	w := NewWriter(count)
	for _, rec := range r.records() {
		if err := w.Put(rec); err != nil {
			return count.n, err
		}
	}
	return count.n, nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// records lists the recording's records: the header, tasks, sockets and calls by time, the clients, the end.
func (r *Recording) records() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	header := r.Header
	out := []Record{{Header: &header}}
	out = append(out, r.timed()...)
	for i := range r.Clients {
		out = append(out, Record{Client: &r.Clients[i]})
	}
	if r.End != nil {
		out = append(out, Record{End: r.End})
	}
	return out
}

func (r *Recording) timed() []Record {
	type timed struct {
		at Time
		Record
	}
	var all []timed
	for _, t := range r.Tasks {
		all = append(all, timed{t.At, Record{Born: &t.Born}})
		for i := range t.Execs {
			all = append(all, timed{t.Execs[i].At, Record{Exec: &t.Execs[i]}})
		}
		if t.Exit != nil {
			all = append(all, timed{t.Exit.At, Record{Exit: t.Exit}})
		}
	}
	for _, s := range r.Sockets {
		all = append(all, timed{s.At, Record{Socket: &s}})
	}
	for _, c := range r.Calls {
		all = append(all, timed{c.Enter, Record{Call: c}})
	}
	for i := range r.Marks {
		all = append(all, timed{r.Marks[i].At, Record{Mark: &r.Marks[i]}})
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Or(cmp.Compare(a.at, b.at), a.rank()-b.rank()) })
	out := make([]Record, len(all))
	for i, t := range all {
		out[i] = t.Record
	}
	return out
}

// rank orders what has the same time: births before everything that a task does, ends after it.
func (r Record) rank() int {
	switch {
	case r.Born != nil:
		return 0
	case r.Exit != nil:
		return 2
	}
	return 1
}
