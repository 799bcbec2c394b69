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

// isScheduled holds what a recording says to whether tasks move between threads, and what its server is called.
func isScheduled(t *testing.T, rec *trace.Recording, answer Answer, named string) {
	t.Helper()
	sign := readSigns(look(rec))["scheduled"]
	require.Equal(t, answer, sign.Answer, sign.Observed)
	require.Equal(t, named, Identify(rec, nothingAbout).Architecture, sign.Observed)
}

// TestWhoeverRunsATaskReadsFirst: a thread that waits and one that does not both read clients of whom nobody was told, so that
// what they run are tasks. One that does so now and then is not enough to say so, nor is it a reactor's worker.
func TestWhoeverRunsATaskReadsFirst(t *testing.T) {
	for _, c := range []struct {
		other  func(n int) bool // whether the thread that does not wait reads the n-th client first
		answer Answer
		named  string
	}{
		{func(n int) bool { return n%2 == 0 }, Yes, "managed-runtime"},
		{func(n int) bool { return n == 0 }, Unknown, Inconclusive},
		{func(int) bool { return true }, No, "single-reactor-threads"},
		{func(int) bool { return false }, No, "single-reactor"},
	} {
		s := tracetest.New()
		waiter := s.Main()
		other, ep := waiter.Spawn(), waiter.Epoll()
		waiter.Add(ep, tracetest.Listener, trace.In)
		clients := s.Connects(3*crowd, "held")
		for n, client := range clients {
			waiter.Wait(ep, tracetest.Listener).Accept(client)
			first := waiter
			if c.other(n) {
				first = other
			}
			client.Ask(10)
			first.Read(client, 10).Write(client, 10)
			client.Answered()
			first.ReadFails(client, "EAGAIN").Add(ep, client, trace.In)
		}
		for _, client := range clients {
			client.Ask(10)
			waiter.Wait(ep, client).Read(client, 10).Write(client, 10)
			client.Answered()
		}
		for _, client := range clients {
			client.Leaves()
			waiter.Close(client)
		}
		s.Mark("stop")
		isScheduled(t, s.End(), c.answer, c.named)
	}
}

// TestWhoServesIsToldWhomToAccept: a thread that accepts when another one was told of the client runs a task of a runtime's; one
// that waits for clients itself is a main reactor, and so is one that was told of them by a wait of its own.
func TestWhoServesIsToldWhomToAccept(t *testing.T) {
	for _, c := range []struct {
		tells  int // who waits for the listener: 0 the thread that accepts, 1 the one that serves, 2 both
		answer Answer
		named  string
	}{
		{0, No, "multi-reactor-threads"},
		{1, Yes, "managed-runtime"},
		{2, No, "multi-reactor-threads"},
	} {
		s := tracetest.New()
		main := s.Main()
		serves := main.Spawn()
		ep, own := serves.Epoll(), main.Epoll()
		if c.tells != 1 {
			main.Add(own, tracetest.Listener, trace.In)
		}
		if c.tells != 0 {
			serves.Add(ep, tracetest.Listener, trace.In)
		}
		clients := s.Connects(crowd, "held")
		for _, client := range clients {
			if c.tells != 0 {
				serves.Wait(ep, tracetest.Listener)
			}
			if c.tells != 1 {
				main.Wait(own, tracetest.Listener)
			}
			main.Accept(client)
			serves.Add(ep, client, trace.In)
		}
		for range 2 {
			for _, client := range clients {
				client.Ask(10)
				serves.Wait(ep, client).Read(client, 10).Write(client, 10)
				client.Answered()
			}
		}
		for _, client := range clients {
			client.Leaves()
			serves.Close(client)
		}
		s.Mark("stop")
		isScheduled(t, s.End(), c.answer, c.named)
	}
}

// TestASetMadeAnewIsTheSame: a thread that is done with a set, and goes on with another one, has one at a time; one that comes
// back to the first has two.
func TestASetMadeAnewIsTheSame(t *testing.T) {
	for _, back := range []bool{false, true} {
		s := tracetest.New()
		main := s.Main()
		clients := s.Connects(crowd, "held")
		var sets []trace.Object
		main.Accept(clients...)
		for round := range map[bool]int{false: 2, true: 4}[back] {
			if round < 2 {
				sets = append(sets, main.Epoll())
				for _, c := range clients {
					main.Add(sets[round], c, trace.In)
				}
			}
			ep := sets[round%2]
			for _, c := range clients {
				c.Ask(10)
				main.Wait(ep, c).Read(c, 10).Write(c, 10)
				c.Answered()
			}
		}
		s.Mark("stop")
		id := Identify(s.End(), nothingAbout)
		require.Equal(t, map[bool]string{false: "single-reactor", true: "multi-reactor-single"}[back], id.Architecture)
	}
}
