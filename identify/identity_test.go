package identify

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// nothingAbout knows of no claims.
func nothingAbout(string, []string) []string { return nil }

// crowd is how many clients a story has, each of whom asks twice.
const crowd = 4

// asked is a story's recording with a server of one thread that waits, but for what spoil changes: who reads the second
// request of a client.
func asked(reads func(n int, main, other *tracetest.Thread) *tracetest.Thread) *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	other := main.Spawn()
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	clients := s.Connects(crowd, "held")
	for _, c := range clients {
		main.Wait(ep, tracetest.Listener).Accept(c).Add(ep, c, trace.In)
	}
	for range 2 {
		for n, c := range clients {
			c.Ask(10)
			main.Wait(ep, c)
			reads(n, main, other).Read(c, 10).Write(c, 10)
			c.Answered()
		}
	}
	for _, c := range clients {
		c.Leaves()
		main.Close(c)
	}
	s.Mark("stop")
	return s.End()
}

func TestOneThreadIsASingleReactor(t *testing.T) {
	id := Identify(asked(func(_ int, main, _ *tracetest.Thread) *tracetest.Thread { return main }), nothingAbout)
	require.Equal(t, "single-reactor", id.Architecture)
	require.Equal(t, High, id.Confidence)
	require.Equal(t, []string{"single-reactor", "epoll", "level"}, id.Traits())
	require.Empty(t, id.Settle)
	require.Equal(t, 2, id.Facts.Threads, "a thread that does nothing for clients changes nothing")
	require.Equal(t, []Role{{Does: []string{"accepts", "waits", "reads", "writes"}, Threads: 1, Processes: 1, Connections: crowd, Example: 100}}, id.Facts.Roles)
	require.Equal(t, crowd, id.Facts.AtOnce)
	require.Len(t, id.Candidates, len(architectures))
	for _, s := range id.Why {
		require.NotEqual(t, Unknown, s.Answer)
		require.NotEmpty(t, s.Observed)
	}
}

// TestASecondThreadIsNoSingleReactor: whoever is told, another thread that reads is a worker of the one that waits.
func TestASecondThreadIsNoSingleReactor(t *testing.T) {
	id := Identify(asked(func(n int, main, other *tracetest.Thread) *tracetest.Thread {
		if n == 0 {
			return other
		}
		return main
	}), nothingAbout)
	require.Equal(t, "single-reactor-threads", id.Architecture)
	require.Equal(t, "I/O threads read or write for the reactor", id.Variant)
	require.NotEmpty(t, id.Candidates[1].Broken)
	id = Identify(asked(func(_ int, _, other *tracetest.Thread) *tracetest.Thread { return other }), nothingAbout)
	require.Equal(t, "the workers read and write what the reactor is told of", id.Variant)
}

// threads is a story with a thread for each client. ends tells which of them end with it.
func threads(ends bool) *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	clients := s.Connects(crowd, "held")
	var workers []*tracetest.Thread
	for _, c := range clients {
		main.Accept(c)
		workers = append(workers, main.Spawn())
	}
	for range 2 {
		for n, c := range clients {
			c.Ask(10)
			workers[n].ReadBlocking(c, 10).Write(c, 10)
			c.Answered()
		}
	}
	for n, c := range clients {
		c.Leaves()
		workers[n].Close(c)
		if ends {
			workers[n].Exits()
		}
	}
	s.Mark("stop")
	return s.End()
}

func TestAThreadForEach(t *testing.T) {
	id := Identify(threads(true), nothingAbout)
	require.Equal(t, "thread-per-connection", id.Architecture)
	require.Equal(t, High, id.Confidence)
	require.Empty(t, id.Demultiplexer)
	require.Empty(t, id.Trigger)
}

// TestThreadsThatStayMayBeAPool: nobody can tell before there are more clients than threads, and that is said.
func TestThreadsThatStayMayBeAPool(t *testing.T) {
	id := Identify(threads(false), nothingAbout)
	require.Equal(t, Inconclusive, id.Architecture)
	require.Equal(t, None, id.Confidence)
	require.Equal(t, "thread-pool", id.Candidates[0].Traits[0])
	require.Contains(t, id.Candidates[0].Open, "thread-reused")
	require.Contains(t, id.Settle, loadThreads)
}

func TestNothingSeenIsInconclusive(t *testing.T) {
	for name, rec := range map[string]*trace.Recording{"nothing": {}, "nobody": tracetest.New().End()} {
		id := Identify(rec, nothingAbout)
		require.Equal(t, Inconclusive, id.Architecture, name)
		require.Equal(t, []string{loadSome}, id.Settle, name)
		for _, c := range id.Candidates {
			require.Empty(t, c.Broken, name)
			require.NotEmpty(t, c.Open, name)
		}
	}
}

// TestClaimsAreJudgedOnce: each with its finding, for and against the candidates of which they speak.
func TestClaimsAreJudgedOnce(t *testing.T) {
	rec := asked(func(_ int, main, _ *tracetest.Thread) *tracetest.Thread { return main })
	about := func(architecture string, others []string) []string {
		require.Equal(t, []string{"epoll", "level"}, others)
		switch architecture {
		case "single-reactor":
			return []string{"single.read-work-send", "pattern.two-parts", "no.such-claim"}
		case "multi-reactor-threads":
			return []string{"pattern.two-parts", "multi.main-only-accepts"}
		}
		return nil
	}
	id := Identify(rec, about)
	require.Equal(t, []string{"single.read-work-send", "pattern.two-parts"}, id.Candidates[0].For)
	require.Empty(t, id.Candidates[0].Against)
	var judged []string
	for _, c := range id.Claims {
		judged = append(judged, c.ID)
		require.Contains(t, []check.Outcome{check.Pass, check.Fail}, c.Outcome)
		require.NotEmpty(t, c.Witness)
	}
	require.ElementsMatch(t, []string{"single.read-work-send", "pattern.two-parts", "multi.main-only-accepts"}, judged)
}
