package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestBusyTries(t *testing.T) {
	v := newServer("level")
	cs := v.accept(3, "held")
	v.ask(10, cs...)
	for range 4 {
		for _, c := range cs {
			v.t.ReadFails(c, "EAGAIN")
		}
	}
	// The first look at each after its request is part of the turn in which it was reported.
	finds(t, KernelReportsReady, v.End(), Fail, "9 of 15 reads without a report that names the connection, 9 of them found nothing",
		"read(fd 5 = c1, 4096) = EAGAIN")
}

func TestReadsWithoutWaiting(t *testing.T) {
	finds(t, KernelReportsReady, perConnection(), Fail, "20 of 20 reads without a report")
}

func TestReadingOnAfterAFullReadNeedsNoNewReport(t *testing.T) {
	v := newServer("edge")
	cs := v.accept(2, "big")
	for _, c := range cs {
		c.Ask(3 * tracetest.Buffer)
	}
	// A fair server: one slice of each in turn, looking for others in between without sleeping.
	v.wait(anys(cs)...)
	for range 3 {
		for _, c := range cs {
			v.t.Read(c, tracetest.Buffer)
		}
		v.t.WaitFor(v.ep, 0, 64)
	}
	for _, c := range cs {
		v.t.ReadFails(c, "EAGAIN").Write(c, 3*tracetest.Buffer)
		c.Answered()
	}
	rec := v.End()
	finds(t, KernelReportsReady, rec, Pass, "8 reads")
	finds(t, EdgeMustDrain, rec, Pass, "2 reports drained")
}

func TestOneLookStraightAfterAccept(t *testing.T) {
	v := newServer("level")
	v.add = func(c *tracetest.Client) {
		v.register(c)
		v.t.ReadFails(c, "EAGAIN")
	}
	cs := v.accept(4, "held")
	v.ask(10, cs...)
	finds(t, KernelReportsReady, v.End(), Pass, "4 straight after accept, 0 without")
}

// A runtime asks for others between two steps of one connection, and does not wait for it.
func TestAskingWithoutWaitingEndsNoTurn(t *testing.T) {
	for timeout, want := range map[trace.Time]Outcome{0: Pass, 1e6: Fail} {
		v := newServer("level")
		cs := v.accept(5, "held")
		v.ask(10, cs...)
		for _, c := range cs {
			c.Ask(10)
			v.wait(c)
			v.t.Read(c, 10).WaitFor(v.ep, timeout, 64).ReadFails(c, "EAGAIN").Write(c, 10)
			c.Answered()
		}
		require.Equal(t, want, KernelReportsReady(v.End()).Outcome, "timeout %v", timeout)
	}
}
