//go:build linux

package steps

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
)

// A told desk answers as it was told to, line by line.
type toldDesk struct {
	t       *testing.T
	answers []string // "the line = the answer"
}

func (d *toldDesk) Ask(line string) (string, error) {
	require.NotEmpty(d.t, d.answers, "%s: it is asked more than a test has answers for", line)
	asked, answer, _ := strings.Cut(d.answers[0], " = ")
	d.answers = d.answers[1:]
	require.Equal(d.t, asked, line)
	return answer, nil
}

// TestPortCanFail holds of each sentence about a completion port that it is kept by the right answer, and broken by each wrong
// one.
func TestPortCanFail(t *testing.T) {
	const begun = "receive 8 = 1 pending"
	start := func(p *completionPort) error { return p.start("receive", 8) }
	for _, sentence := range []struct {
		what  string
		step  func(*completionPort) error
		right []string
		wrong [][]string
	}{
		{"it is pending, its buffer is as it was, and the port has nothing", (*completionPort).pending,
			[]string{begun, "look 1 = pending 0 ........", "take 0 = nothing"},
			[][]string{
				{"receive 8 = 1 done", "look 1 = pending 0 ........"},
				{begun, "look 1 = completed 5 hello..."},
				{begun, "look 1 = pending 0 hello..."},
				{begun, "look 1 = pending 0 ........", "take 0 = 7 5 1 ok"},
			}},
		{"its buffer is filled while nobody asks the port", func(p *completionPort) error { return p.filled("hello") },
			[]string{begun, "look 1 = pending 0 ........", "look 1 = completed 5 hello..."},
			[][]string{
				{begun, "look 1 = completed 5 ........"},
				{begun, "look 1 = completed 4 hello..."},
				{begun, "look 1 = failed 5 hello..."},
			}},
		{"the port has a completion, and no other", func(p *completionPort) error { return p.completions("1", 5, "ok") },
			[]string{begun, "take 20000 = 7 5 1 ok", "take 0 = nothing"},
			[][]string{
				{begun, "take 20000 = nothing", "take 0 = nothing"},
				{begun, "take 20000 = 8 5 1 ok", "take 0 = nothing"},
				{begun, "take 20000 = 7 4 1 ok", "take 0 = nothing"},
				{begun, "take 20000 = 7 5 2 ok", "take 0 = nothing"},
				{begun, "take 20000 = 7 5 1 aborted", "take 0 = nothing"},
				{begun, "take 20000 = 7 5 1 ok;7 5 1 ok", "take 0 = nothing"},
				{begun, "take 20000 = 7 5 1 ok", "take 0 = 7 5 1 ok"},
			}},
		{"completions in order", func(p *completionPort) error { return p.completions("1, 2", 2, "ok") },
			[]string{begun, "take 20000 = 7 2 1 ok", "take 20000 = 7 2 2 ok", "take 0 = nothing"},
			[][]string{{begun, "take 20000 = 7 2 2 ok;7 2 1 ok", "take 0 = nothing"}}},
		{"the buffers hold, in the order in which they were given", func(p *completionPort) error { return p.inOrder("AA") },
			[]string{begun, "look 1 = completed 2 AA"},
			[][]string{{begun, "look 1 = completed 2 BB"}}},
		{"the port has word that operations were aborted", func(p *completionPort) error { return p.completions("3, 4", 0, "aborted") },
			[]string{begun, "take 20000 = 7 0 4 aborted;7 0 3 aborted", "take 0 = nothing"},
			[][]string{
				{begun, "take 20000 = 7 0 4 aborted;7 0 3 ok", "take 0 = nothing"},
				{begun, "take 20000 = 7 0 4 aborted", "take 20000 = nothing", "take 0 = nothing"},
			}},
		{"there is nothing to cancel", func(p *completionPort) error { return p.told("cancel 1", "not found") },
			[]string{begun, "cancel 1 = not found"},
			[][]string{{begun, "cancel 1 = cancelled"}}},
		{"a receive is started", start,
			[]string{begun, "receive 8 = 2 pending"},
			[][]string{{begun, "receive 8 = 2 refused: no"}, {begun, "receive 8 = 1 pending"}}},
	} {
		for i, answers := range append([][]string{sentence.right}, sentence.wrong...) {
			desk := &toldDesk{t, answers}
			p := &completionPort{w: new(World), desk: desk}
			require.NoError(t, start(p), sentence.what)
			want := check.Fail
			if i == 0 {
				want = check.Pass
			}
			require.Equal(t, want, check.Of(sentence.step(p)).Outcome, fmt.Sprint(sentence.what, ": ", answers))
			if i == 0 {
				require.Empty(t, desk.answers, sentence.what)
			}
		}
	}
}
