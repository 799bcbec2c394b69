package trace

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Recording is a recording in memory. It is built with Put, by an observer or by Read, and then only asked.
type Recording struct {
	Header  Header
	Tasks   []*Task // in order of birth
	Calls   []*Call // in order of Seq
	Sockets map[Object]Socket
	Clients []Client
	Marks   []Mark
	End     *End // nil: cut short
	Torn    int  // bytes of a last line that was not written whole: lost when the recorder died in the middle of it

	mu    sync.Mutex
	index *index // what the queries have derived; nil after each Put
}

// Task is a thread's life.
type Task struct {
	Born
	Execs []Exec
	Exit  *Exit // nil: alive when the recording ended
}

// NewRecording makes an empty recording, ready for Put.
func NewRecording() *Recording {
	return &Recording{Sockets: map[Object]Socket{}}
}

// Put adds one record. Records may come in any order, as long as tasks are born before they end: calls are put when
// they return, and sorted in by the order in which they began. A record that cannot be true is refused.
func (r *Recording) Put(rec Record) error {
	rec = rec.stamped()
	if err := rec.Check(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.index = nil
	if rec.Call == nil {
		r.add(rec)
		return nil
	}
	at, taken := slices.BinarySearchFunc(r.Calls, rec.Call.Seq, func(c *Call, seq int64) int { return cmp.Compare(c.Seq, seq) })
	if taken {
		return fmt.Errorf("two calls are numbered %d", rec.Call.Seq)
	}
	r.Calls = slices.Insert(r.Calls, at, rec.Call)
	return nil
}

// add files a checked record. Calls are appended: whoever calls add sorts them afterwards.
func (r *Recording) add(rec Record) {
	switch {
	case rec.Header != nil:
		r.Header = *rec.Header
	case rec.Born != nil:
		r.Tasks = append(r.Tasks, &Task{Born: *rec.Born})
	case rec.Exec != nil:
		t := r.living(rec.Exec.PID, rec.Exec.PID)
		t.Execs = append(t.Execs, *rec.Exec)
	case rec.Exit != nil:
		exit := *rec.Exit
		r.living(exit.TID, exit.PID).Exit = &exit
	case rec.Socket != nil:
		if r.Sockets == nil {
			r.Sockets = map[Object]Socket{}
		}
		r.Sockets[rec.Socket.Object] = *rec.Socket
	case rec.Call != nil:
		r.Calls = append(r.Calls, rec.Call)
	case rec.Client != nil:
		r.Clients = append(r.Clients, *rec.Client)
	case rec.Mark != nil:
		r.Marks = append(r.Marks, *rec.Mark)
	case rec.End != nil:
		end := *rec.End
		r.End = &end
	}
}

// living finds the task that has the tid now. An observer that came late may not know its birth: then the task begins
// with what is known.
func (r *Recording) living(tid, pid int) *Task {
	for _, t := range slices.Backward(r.Tasks) {
		if t.TID == tid && t.Exit == nil {
			return t
		}
	}
	t := &Task{Born: Born{TID: tid, PID: pid}}
	r.Tasks = append(r.Tasks, t)
	return t
}

// sortCalls puts appended calls in order and refuses two of the same number.
func (r *Recording) sortCalls() error {
	slices.SortStableFunc(r.Calls, func(a, b *Call) int { return cmp.Compare(a.Seq, b.Seq) })
	for i := 1; i < len(r.Calls); i++ {
		if r.Calls[i].Seq == r.Calls[i-1].Seq {
			return fmt.Errorf("two calls are numbered %d", r.Calls[i].Seq)
		}
	}
	return nil
}

// Tee is a sink that hands each record to all of the sinks, and joins what they complain about.
func Tee(sinks ...Sink) Sink { return tee(sinks) }

type tee []Sink

func (t tee) Put(rec Record) error {
	var errs []error
	for _, s := range t {
		errs = append(errs, s.Put(rec))
	}
	return errors.Join(errs...)
}
