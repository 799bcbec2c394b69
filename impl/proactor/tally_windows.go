package proactor

import "fmt"

// A tally counts operations, so that one can see that each has had one completion, no less and no more.
type tally struct {
	started                                int // operations that were given to the kernel
	accepts, receives, sends, ends, failed int // what they came to
	received, sent                         int // bytes
	calls                                  int // by which completions were taken
}

// count counts a completion. An end is a receive of nothing.
func (t *tally) count(c *completion) {
	switch {
	case c.err != 0:
		t.failed++
	case c.op == accept:
		t.accepts++
	case c.op == receive && c.n == 0:
		t.ends++
	case c.op == receive:
		t.receives++
		t.received += c.n
	case c.op == send:
		t.sends++
		t.sent += c.n
	}
}

// String is what the server says in the end.
func (t *tally) String() string {
	return fmt.Sprintf("operations started: %d; completed: %d accepts, %d receives of %d bytes, %d sends of %d bytes, %d ends, %d failed; taken with %d calls",
		t.started, t.accepts, t.receives, t.received, t.sends, t.sent, t.ends, t.failed, t.calls)
}
