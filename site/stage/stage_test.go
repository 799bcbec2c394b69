package stage

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// who writes down who does what: a line for each group.
func who(s *Stage) string {
	var lines []string
	for _, g := range s.Groups() {
		a := g.Sum
		lines = append(lines, fmt.Sprintf("%s ×%d: accepts %d, waits %d, reads %d, works %d, writes %d; %s", g.Name, len(g.Actors), a.Accepts, a.Waits, a.Reads, a.Works, a.Writes, g.Waiting()))
	}
	return strings.Join(lines, "\n")
}

// passed writes down what is handed over.
func passed(s *Stage) (lines []string) {
	groups := s.Groups()
	name := func(a *Actor) string {
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Has(a) })
		return groups[i].Name
	}
	for _, l := range s.Links {
		lines = append(lines, fmt.Sprintf("%s → %s: %d %s by %s", name(l.From), name(l.To), l.Count, l.What, l.How))
	}
	return lines
}

func TestOneThreadDoesAll(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	main.Spawn() // a runtime's, which takes no part
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	cs := s.Connects(2, "held")
	main.Wait(ep, tracetest.Listener)
	for _, c := range cs {
		main.Accept(c).Add(ep, c, trace.In)
		c.Ask(10)
	}
	main.Wait(ep, cs[0], cs[1])
	for _, c := range cs {
		main.Read(c, 10).Write(c, 10)
		c.Answered()
	}
	st := New(s.End())
	require.Equal(t, "Reactor ×1: accepts 2, waits 2, reads 2, works 2, writes 2; sleeps in epoll_wait: the listener and up to 2 clients", who(st))
	require.Empty(t, st.Links)
	require.Equal(t, 1, st.Idle[100])
}

func TestConnectionsAreHandedToThreads(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	for _, c := range s.Connects(5, "short") {
		main.Accept(c)
		worker := main.Spawn()
		c.Ask(10)
		worker.ReadBlocking(c, 10).Write(c, 10).Close(c)
		c.Answered()
		worker.Exits()
	}
	st := New(s.End())
	require.Equal(t, "Acceptor ×1: accepts 5, waits 0, reads 0, works 0, writes 0; waits in memory, which no recorded call shows\n"+
		"Serving threads ×5: accepts 0, waits 0, reads 5, works 5, writes 5; sleeps in read", who(st))
	require.Contains(t, passed(st), "Acceptor → Serving threads: 1 connection by memory")
}

func TestChildrenInheritConnections(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	for _, c := range s.Connects(4, "short") {
		main.Accept(c)
		child := main.Fork()
		c.Ask(10)
		child.ReadBlocking(c, 10).Write(c, 10)
		c.Answered()
		child.Exits()
	}
	st := New(s.End())
	require.Contains(t, who(st), "Parent ×1: accepts 4")
	require.Contains(t, who(st), "Children ×4: accepts 0, waits 0, reads 4, works 4, writes 4; sleeps in read")
	require.Contains(t, passed(st), "Parent → Children: 1 connection by fork")
	require.Equal(t, 4, st.Actors[0].Starts)
}

func TestConnectionsTravelToProcesses(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	worker := main.Fork()
	ep, own := main.Epoll(), worker.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	cs := s.Connects(2, "held")
	main.Wait(ep, tracetest.Listener)
	for _, c := range cs {
		main.Accept(c).Pass(c, worker)
		main.Close(c)
		worker.Add(own, c, trace.In)
	}
	for _, c := range cs {
		c.Ask(10)
		worker.Wait(own, c).Read(c, 10).Write(c, 10)
		c.Answered()
	}
	st := New(s.End())
	require.Contains(t, who(st), "Main reactor ×1: accepts 2, waits 1, reads 0, works 0, writes 0; sleeps in epoll_wait: the listener alone")
	require.Contains(t, who(st), "Sub-reactor ×1: accepts 0, waits 2, reads 2, works 2, writes 2; sleeps in epoll_wait: up to 2 clients")
	require.Contains(t, passed(st), "Main reactor → Sub-reactor: 2 connection by SCM_RIGHTS")
}

func TestTheKernelReadsWhereItWasAsked(t *testing.T) {
	st := New(tracetest.Proactor())
	require.Equal(t, "Kernel ×1: accepts 1, waits 0, reads 1, works 0, writes 1; performs what it was asked for, and tells when it is done\n"+
		"Proactor ×1: accepts 0, waits 3, reads 0, works 1, writes 0; sleeps in io_uring_enter, until something is done", who(st))
	require.ElementsMatch(t, []string{"Proactor → Kernel: 3 operation by io_uring", "Kernel → Proactor: 3 completion by io_uring"}, passed(st))

	sc := st.One()
	require.NotNil(t, sc)
	var lanes []string
	for _, l := range sc.Lanes {
		lanes = append(lanes, l.Name)
	}
	require.Equal(t, []string{"client c1", "Proactor", "Kernel"}, lanes)
}

func TestASceneHoldsOneClientsStoryOnly(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	other := s.Connect("idle")
	main.Wait(ep, tracetest.Listener).Accept(other).Add(ep, other, trace.In)
	c := s.Connect("short")
	main.Wait(ep, tracetest.Listener).Accept(c).Add(ep, c, trace.In)
	c.Ask(10)
	main.Wait(ep, c).Read(c, 10)
	main.Write(c, 10)
	c.Answered()
	c.Leaves()
	main.Wait(ep, c).Read(c, 0).Close(c)
	sc := New(s.End()).One()
	var kinds []string
	for _, a := range sc.Acts {
		require.NotContains(t, a.Text, "c1", "the other client's")
		require.LessOrEqual(t, a.From, a.Until)
		if a.Lane != "c2" {
			kinds = append(kinds, a.Kind)
		}
	}
	require.Equal(t, []string{"wait", "accept", "other", "wait", "read", "work", "write", "wait", "read", "close"}, kinds)
}

func TestAnEmptyRecordingHasNobodyOnStage(t *testing.T) {
	st := New(tracetest.New().End())
	require.Empty(t, st.Groups())
	require.Nil(t, st.One())
	require.Nil(t, st.Several())
}
