package identify

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// aside is a story with a thread that only waits, and two that serve in turns. apart tells whether a fourth accepts, in place of
// these two; early, whether they read a client before they have it waited for.
func aside(apart, early bool) *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	both := []*tracetest.Thread{main.Spawn(), main.Spawn()}
	fourth := main.Spawn()
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	clients := s.Connects(crowd, "held")
	for n, c := range clients {
		main.Wait(ep, tracetest.Listener)
		if apart {
			fourth.Accept(c)
		} else {
			both[n%2].Accept(c)
		}
		if early {
			both[n%2].ReadFails(c, "EAGAIN")
		}
		both[n%2].Add(ep, c, trace.In|trace.OneShot)
	}
	for round := range 2 {
		for n, c := range clients {
			c.Ask(10)
			main.Wait(ep, c)
			both[(n+round)%2].Read(c, 10).Write(c, 10).Mod(ep, c, trace.In|trace.OneShot)
			c.Answered()
		}
	}
	for n, c := range clients {
		c.Leaves()
		both[n%2].Close(c)
	}
	s.Mark("stop")
	return s.End()
}

// TestAThreadThatOnlyWaits is a runtime's, where tasks that accept and read come to the wait by themselves; it is a reactor's,
// where it is told first, or others accept. Workers that accept and are told first may be either.
func TestAThreadThatOnlyWaits(t *testing.T) {
	for _, c := range []struct {
		apart, early bool
		answer       Answer
		named        string
	}{
		{false, true, Yes, "managed-runtime"},
		{false, false, Unknown, Inconclusive},
		{true, true, No, "single-reactor-threads"},
		{true, false, No, "single-reactor-threads"},
	} {
		rec := aside(c.apart, c.early)
		sign := readSigns(look(rec))["scheduled"]
		require.Equal(t, c.answer, sign.Answer, sign.Observed)
		id := Identify(rec, nothingAbout)
		require.Equal(t, c.named, id.Architecture, sign.Observed)
		if c.answer == Unknown {
			require.Contains(t, id.Settle, loadBusy)
		} else {
			require.Equal(t, High, id.Confidence)
		}
	}
}
