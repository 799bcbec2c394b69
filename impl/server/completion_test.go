package server

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestDeferred holds that a Conn which is told what came and what went says the same as its handler would to one that sends
// everything at once, however requests are cut and however little goes at a time; and that a reply stays as it is while it
// is on its way.
func TestDeferred(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var requests, want strings.Builder
		for i := range rapid.IntRange(0, 30).Draw(t, "requests") {
			if rapid.IntRange(0, 5).Draw(t, "blob") == 0 {
				requests.WriteString("blob 100000\n")
				want.Write(bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"), 100_000/26+1)[:99_999])
				want.WriteByte('\n')
				continue
			}
			text := strings.Repeat(fmt.Sprint(i), rapid.SampledFrom([]int{1, 10, 3000}).Draw(t, "length"))
			fmt.Fprintf(&requests, "echo %s\n", text)
			fmt.Fprintln(&want, text)
		}
		quits := rapid.Bool().Draw(t, "quits")
		if quits {
			requests.WriteString("quit\necho never\n")
		}
		desk := &Desk{Deferred: true, out: make([]byte, BufferSize)}
		c := &Conn{FD: -1, handler: new(Line)}
		var got, way bytes.Buffer // what went, and what is on its way
		for rest := requests.String(); rest != "" || c.Want == Writable || c.Want == Again || c.Want == Parting; {
			switch {
			case rest != "" && (c.Want == Readable || rapid.Bool().Draw(t, "more comes")):
				n := min(len(rest), rapid.SampledFrom([]int{1, 7, 500, 70_000}).Draw(t, "piece"))
				before := c.Want
				c.Want = c.Received(desk, []byte(rest[:n]))
				rest = rest[n:]
				if before != Readable {
					require.Equal(t, before, c.Want)
				}
			case c.Want == Writable:
				require.Equal(t, way.String(), string(c.Unsent()), "the reply changed on its way")
				n := rapid.IntRange(0, len(c.Unsent())).Draw(t, "went")
				got.Write(c.Unsent()[:n])
				c.Want = c.Sent(desk, n)
			case c.Want == Again:
				c.Want = c.Resume(desk)
			case c.Want == Parting:
				c.Want = c.Parted(desk)
				require.Equal(t, Readable, c.Want)
			}
			if way.Reset(); c.Want == Writable {
				way.Write(c.Unsent())
			}
		}
		require.Equal(t, Readable, c.Want)
		require.Equal(t, want.String(), got.String())
		require.Equal(t, quits, c.end == lingering)
		require.Zero(t, c.Held())
	})
}
