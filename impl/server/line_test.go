//go:build linux

package server

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// drive plays the server's part: it gives a handler the pieces one after the other, with what it left of those before,
// and collects what it says. It holds the handler to its contract.
func drive(t require.TestingT, h Handler, pieces ...[]byte) (out []byte, closed bool) {
	var held []byte
	room := make([]byte, BufferSize)
	for _, piece := range pieces {
		in := append(bytes.Clone(held), piece...)
		for {
			before := bytes.Clone(in)
			step := h.Handle(in, room)
			require.Equal(t, before, in, "the input was written to")
			require.LessOrEqual(t, step.Used, len(in))
			out, in = append(out, step.Out...), in[step.Used:]
			if step.Next == Close {
				return out, true
			}
			if step.Next == Await {
				break
			}
			require.True(t, step.Used > 0 || len(step.Out) > 0, "it wants to go on, and does not get on")
		}
		require.LessOrEqual(t, len(in), MaxHeld, "it holds more than it may")
		held = in
	}
	return out, false
}

func TestLine(t *testing.T) {
	long := strings.Repeat("x", MaxLine-len("echo \n"))
	for _, c := range []struct {
		name, in, out string
		closed        bool
	}{
		{"echo", "echo hello  you \n", "hello  you \n", false},
		{"a carriage return at the end is dropped, one elsewhere is not", "echo a\rb\r\n", "a\rb\n", false},
		{"echo of nothing", "echo\necho \n", "\n\n", false},
		{"requests are answered in order", "echo 1\nspin 0\necho 2\nsleep 0\necho 3\n", "1\nspun 0\n2\nslept 0\n3\n", false},
		{"half a request is not answered", "echo 1\necho 2", "1\n", false},
		{"blob", "blob 28\nblob 1\necho x\n", "abcdefghijklmnopqrstuvwxyza\n\nx\n", false},
		{"blob of nothing", "blob 0\n", "error: blob needs a number of bytes, 1 to 1099511627776\n", false},
		{"blob without a number", "blob x\nblob\n", "error: blob needs a number of bytes, 1 to 1099511627776\nerror: unknown request \"blob\"\n", false},
		{"blob of more than there is", "blob 1099511627777\n", "error: blob needs a number of bytes, 1 to 1099511627776\n", false},
		{"a number that overflows", "blob 99999999999999999999999999\n", "error: blob needs a number of bytes, 1 to 1099511627776\n", false},
		{"work without end", "spin 10001\nsleep -1\n", strings.Repeat("error: the work needs a number of milliseconds, 0 to 10000\n", 2), false},
		{"quit", "echo 1\nquit\necho 2\n", "1\n", true},
		{"unknown", "Echo x\n\nquit now\n", "error: unknown request \"Echo\"\nerror: unknown request \"\"\nerror: unknown request \"quit\"\n", false},
		{"an error's line is short and printable", strings.Repeat("\x00", 100) + "\n", "error: unknown request \"" + strings.Repeat(`\x00`, 16) + "\"\n", false},
		{"the longest request", "echo " + long + "\n", long + "\n", false},
		{"a request that is too long", "echo 1\necho " + long + "x\necho 2\n", "1\nerror: request longer than 16384 bytes\n", true},
		{"a request that is too long, and has not ended", "echo x" + long + "x", "error: request longer than 16384 bytes\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, closed := drive(t, new(Line), []byte(c.in))
			require.Equal(t, c.out, string(out))
			require.Equal(t, c.closed, closed)
		})
	}
}

func TestLineSaysWhoWorks(t *testing.T) {
	out, _ := drive(t, new(Line), []byte("whoami\n"))
	pid, tid, ok := strings.Cut(strings.TrimSuffix(string(out), "\n"), " ")
	require.True(t, ok)
	require.Equal(t, strconv.Itoa(os.Getpid()), pid)
	require.DirExists(t, "/proc/self/task/"+tid)
}

// TestLineSendsBeforeItWorks holds that the answers to earlier requests do not wait for work, nor its own for later ones.
func TestLineSendsBeforeItWorks(t *testing.T) {
	l, in, room := new(Line), []byte("echo 1\nsleep 0\necho 2\n"), make([]byte, BufferSize)
	for _, want := range []struct {
		out  string
		next Next
	}{{"1\n", More}, {"slept 0\n", More}, {"2\n", Await}} {
		step := l.Handle(in, room)
		require.Equal(t, want.out, string(step.Out))
		require.Equal(t, want.next, step.Next)
		in = in[step.Used:]
	}
}

func TestSpinBurnsItsOwnTime(t *testing.T) {
	var before, after unix.Rusage
	require.NoError(t, unix.Getrusage(unix.RUSAGE_SELF, &before))
	drive(t, new(Line), []byte("spin 20\n"))
	require.NoError(t, unix.Getrusage(unix.RUSAGE_SELF, &after))
	burnt := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	require.GreaterOrEqual(t, burnt, int64(19e6)) // the process's clock and the thread's are read at different moments
}

// requests draws a stream of requests, with what must come back.
func requests() *rapid.Generator[[2]string] {
	return rapid.Custom(func(t *rapid.T) [2]string {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			n := rapid.IntRange(1, 3*BufferSize).Draw(t, "blob")
			return [2]string{fmt.Sprintf("blob %d\n", n), strings.Repeat("abcdefghijklmnopqrstuvwxyz", n/26+1)[:n-1] + "\n"}
		case 1:
			return [2]string{"sleep 0\r\n", "slept 0\n"}
		case 2:
			return [2]string{"what\n", "error: unknown request \"what\"\n"}
		}
		text := rapid.StringMatching(`[a-z ]{0,40}`).Draw(t, "text") + strings.Repeat("-", rapid.SampledFrom([]int{0, 0, 0, 1000, 16000}).Draw(t, "more"))
		return [2]string{"echo " + text + "\n", text + "\n"}
	})
}

// TestLineHoweverItComes holds that the answers do not depend on how the requests are cut into pieces.
func TestLineHoweverItComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in, want string
		for _, r := range rapid.SliceOfN(requests(), 1, 12).Draw(t, "requests") {
			in, want = in+r[0], want+r[1]
		}
		var pieces [][]byte
		for rest := []byte(in); len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, BufferSize).Draw(t, "piece"))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		out, closed := drive(t, new(Line), pieces...)
		require.Equal(t, want, string(out))
		require.False(t, closed)
	})
}

// FuzzLine holds the handler to its contract on any input: cut anywhere, the same answers, and no more than it may hold.
func FuzzLine(f *testing.F) {
	f.Add([]byte("echo 1\nblob 70000\nquit\n"), uint16(3))
	f.Add([]byte("whoami\r\n\nspin 0\nsleep 0"), uint16(1))
	f.Add(bytes.Repeat([]byte("x"), MaxLine), uint16(16383))
	f.Fuzz(func(t *testing.T, in []byte, at uint16) {
		for _, other := range []string{"spin", "sleep", "blob", "whoami"} { // of the last the answer may change in between
			in = bytes.ReplaceAll(in, []byte(other), []byte("echo"))
		}
		cut := min(int(at), len(in))
		whole, closed := drive(t, new(Line), in)
		parts, closedToo := drive(t, new(Line), in[:cut], in[cut:])
		require.Equal(t, string(whole), string(parts))
		require.Equal(t, closed, closedToo)
	})
}

func TestEchoCopiesNothing(t *testing.T) {
	in := []byte("hello")
	step := Echo{}.Handle(in, make([]byte, BufferSize))
	require.Equal(t, Step{Used: 5, Out: in, Next: Await}, step)
	require.Same(t, &in[0], &step.Out[0])
}
