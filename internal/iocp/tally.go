package iocp

import (
	"fmt"
	"strings"
)

// A Tally is what proactor/iocp counted: the operations that it gave to the kernel, and what they came to.
type Tally struct {
	Started                                int // operations
	Accepts, Receives, Sends, Ends, Failed int // their completions; an end is a receive of nothing
	Received, Sent                         int // bytes
	Calls                                  int // by which completions were taken
}

// ReadTally finds the tally in what the server has said: it is its last word. An error says that it is not there, hence that
// the server did not come to its end.
func ReadTally(said string) (t Tally, err error) {
	const begin = "operations started: "
	at := strings.LastIndex(said, begin)
	if at < 0 {
		return t, fmt.Errorf("the server did not say in the end what it counted, but: %q", said[max(0, len(said)-400):])
	}
	last := said[at+len(begin):]
	const form = "%d; completed: %d accepts, %d receives of %d bytes, %d sends of %d bytes, %d ends, %d failed; taken with %d calls"
	_, err = fmt.Sscanf(last, form, &t.Started, &t.Accepts, &t.Receives, &t.Received, &t.Sends, &t.Sent, &t.Ends, &t.Failed, &t.Calls)
	if err != nil {
		return t, fmt.Errorf("understand what the server counted, %q: %w", last, err)
	}
	return t, nil
}

// Completed is how many operations were told to have come to something.
func (t Tally) Completed() int { return t.Accepts + t.Receives + t.Sends + t.Ends + t.Failed }

// Conserved tells whether each operation that was started had one completion.
func (t Tally) Conserved() error {
	if t.Completed() != t.Started {
		return fmt.Errorf("%d operations were started, and %d completed: %d accepts, %d receives, %d sends, %d ends, %d failed",
			t.Started, t.Completed(), t.Accepts, t.Receives, t.Sends, t.Ends, t.Failed)
	}
	return nil
}
