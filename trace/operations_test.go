package trace_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestOperations(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ring := main.Ring()
	a, b := s.Connect("idle"), s.Connect("idle")
	on := func(op string, what any) tracetest.Start { return tracetest.Start{Op: op, On: what} }
	main.Turn(ring, on("ACCEPT", tracetest.Listener),
		tracetest.Done{Op: "ACCEPT", On: tracetest.Listener, Brings: a, More: true}, tracetest.Done{Op: "ACCEPT", On: tracetest.Listener, Brings: b, More: true})
	main.Turn(ring, on("RECV", a), on("RECV", b), tracetest.Done{Op: "RECV", On: b, Result: 10})
	main.Turn(ring, on("SEND", b), on("RECV", b), tracetest.Done{Op: "SEND", On: b, Result: 10}, tracetest.Done{Op: "NOP", On: b})
	main.Turn(ring, tracetest.Done{Op: "RECV", On: b, Result: -104})
	main.Stays(main.Enter("io_uring_enter", func(c *trace.Call) { c.Object, c.Ring = ring, &trace.Ring{} }))
	rec := s.End()

	ops := rec.Operations()
	require.Len(t, ops, 5)
	accept, first, second := ops[0], ops[2], ops[4]
	require.Equal(t, []string{"ACCEPT", "RECV", "RECV"}, []string{accept.Op, first.Op, second.Op})
	require.Len(t, accept.Completions, 2)
	require.False(t, accept.Over, "it goes on")
	require.Empty(t, ops[1].Completions)
	require.Equal(t, int32(10), first.Completions[0].Result, "an operation that is over gives its number away")
	require.True(t, first.Over)
	require.Equal(t, int32(-104), second.Completions[0].Result)
	require.Equal(t, rec.Calls[2].Enter, first.Completions[0].After, "it cannot have come before it was submitted")
	require.Equal(t, rec.Calls[3].Exit, second.Completions[0].After, "it was not there when the call before returned")
	require.Same(t, rec.Calls[2], first.Submitted)
	require.Same(t, rec.Calls[4], second.Completions[0].Seen)
	require.Nil(t, rec.Completed(rec.Calls[3])[1].Of, "nobody submitted it")

	var got []string
	for _, c := range rec.Calls {
		got = append(got, rec.Text(c))
	}
	require.Equal(t, []string{
		"io_uring_setup() = fd 4 = ring:1",
		"io_uring_enter(ring:1, ACCEPT listener) = ACCEPT listener 5, ACCEPT listener 6",
		"io_uring_enter(ring:1, RECV c1, RECV c2) = RECV c2 10",
		"io_uring_enter(ring:1, SEND c2, RECV c2) = SEND c2 10, 0",
		"io_uring_enter(ring:1) = RECV c2 -104",
		"io_uring_enter(ring:1) = …",
	}, got)
}
