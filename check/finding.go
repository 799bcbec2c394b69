// Package check judges recordings. A predicate is a pure function: a recording in, a finding with its witness out. The
// steps of the features, `iospec check`, `judge` and later `identify` all call the same predicates.
//
//	finding.go        outcomes and evidence
//	claims.go         which predicate judges which claim, and which trait
//	judge.go          how a predicate says what it found
//	view.go           the words in which predicates look at a recording
//	overlap.go        how many of something there were at the same time
//	multiplexing.go   one process, many clients           readiness.go     no read without a report
//	demultiplexer.go  what really waits for the clients   selectpoll.go    the whole set, each time
//	epoll.go          the set kept in the kernel          trigger.go       level and edge; what level may leave
//	drain.go          what edge must not leave            architecture.go  reactors, and who owns what
//	patterns.go       main, sub, acceptor, handler        every.go         what every server keeps
//	sockets.go        one door, and data elsewhere        processes.go     who makes, inherits, closes, reaps
//	threads.go        a thread for each, or a pool
//	proactor.go       operations of the kernel's, or of helper threads: proactor_operations.go, _events.go, _roles.go
package check

import (
	"errors"
	"fmt"

	"github.com/iospec/iospec/trace"
)

// Outcome is what a run found about a claim.
type Outcome string

const (
	Pass         Outcome = "pass"
	Fail         Outcome = "fail"         // the claim is broken, and there is a witness
	Inconclusive Outcome = "inconclusive" // the load did not exercise it
	Unsupported  Outcome = "unsupported"  // this machine cannot show it
	Error        Outcome = "error"        // iospec itself failed
)

// A Finding is an outcome with its evidence.
type Finding struct {
	Outcome  Outcome   `json:"finding"`
	Expected string    `json:"expected,omitempty"` // what the claim demands, in one sentence
	Observed string    `json:"observed,omitempty"` // what was seen instead, or what makes it pass, with the counts
	Witness  []Witness `json:"witness,omitempty"`  // the 3–10 events that convict (or, on a pass, that show it)
	Acquit   string    `json:"acquit,omitempty"`   // on a failure: what would have acquitted
	By       string    `json:"by,omitempty"`       // how it was found: "sampling", by looks at /proc; "": by what was recorded or done
}

// A Witness is one event of the evidence. Events of a recording carry their call's number, time and thread; other
// witnesses (a kernel Rule's own calls, a number) are only text.
type Witness struct {
	Seq  int64      `json:"seq,omitempty"`
	At   trace.Time `json:"at,omitempty"`
	PID  int        `json:"pid,omitempty"`
	TID  int        `json:"tid,omitempty"`
	Text string     `json:"text"`
}

// A Predicate judges one recording.
type Predicate func(*trace.Recording) Finding

// Err gives the finding as an error: nil for a pass, so that a step can return it.
func (f Finding) Err() error {
	if f.Outcome == Pass {
		return nil
	}
	return &Broken{f}
}

// Broken is a finding that is not a pass, travelling as an error.
type Broken struct{ Finding Finding }

func (b *Broken) Error() string {
	f := b.Finding
	if f.Expected == "" {
		return fmt.Sprintf("%s: %s", f.Outcome, f.Observed)
	}
	return fmt.Sprintf("%s: expected %s; observed %s", f.Outcome, f.Expected, f.Observed)
}

// Of reads the finding out of a step's error. Any error that is not a finding is a failure of iospec's own.
func Of(err error) Finding {
	if err == nil {
		return Finding{Outcome: Pass}
	}
	var b *Broken
	if errors.As(err, &b) {
		return b.Finding
	}
	return Finding{Outcome: Error, Observed: err.Error()}
}

// Failf says that a claim is broken: what was expected, and what was observed instead.
func Failf(expected, observed string, args ...any) error {
	return &Broken{Finding{Outcome: Fail, Expected: expected, Observed: fmt.Sprintf(observed, args...)}}
}

// Unsupportedf says that this machine cannot show the claim, why, and what would help.
func Unsupportedf(reason string, args ...any) error {
	return &Broken{Finding{Outcome: Unsupported, Observed: fmt.Sprintf(reason, args...)}}
}

// Inconclusivef says what the load would have had to do.
func Inconclusivef(reason string, args ...any) error {
	return &Broken{Finding{Outcome: Inconclusive, Observed: fmt.Sprintf(reason, args...)}}
}

// String is the witness as one line: when, who, what.
func (w Witness) String() string {
	if w.Seq == 0 && w.TID == 0 {
		return w.Text
	}
	return fmt.Sprintf("#%-6d %9.3f ms  tid %-7d %s", w.Seq, float64(w.At)/1e6, w.TID, w.Text)
}
