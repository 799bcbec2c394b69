package trace_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestPutSortsCallsThatReturnOutOfOrder(t *testing.T) {
	rec := trace.NewRecording()
	var wg sync.WaitGroup
	for tid := 1; tid <= 8; tid++ {
		wg.Go(func() {
			for i := range 200 {
				call := &trace.Call{Seq: int64(i*8 + tid), TID: tid, PID: 1, FD: -1, Name: "read", Family: trace.FamilyRead}
				if err := rec.Put(trace.Record{Call: call}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, rec.Calls, 1600)
	for i, c := range rec.Calls {
		require.EqualValues(t, i+1, c.Seq)
	}
	require.ErrorContains(t, rec.Put(trace.Record{Call: rec.Calls[3]}), "two calls are numbered 4")
}

func TestConnectionsAreTheTesters(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	mine, stranger := s.Connect("burst"), s.Stranger()
	s.Connect("burst")
	main.Accept(mine, stranger).Read(mine, 10).Read(stranger, 10)
	s.Put(trace.Record{Socket: &trace.Socket{Object: "socket:900", Domain: "inet", Type: "stream",
		Local: "127.0.0.1:50000", Peer: mine.Peer()}}) // a back end's connection that happens to have the client's port
	rec := s.End()

	conns := rec.Connections()
	require.Len(t, conns, 1, "neither the stranger's, nor the back end's, nor the one that was never accepted")
	require.Equal(t, "c1", conns[0].Name)
	require.Equal(t, mine.Object, conns[0].Object)
	require.Equal(t, mine.Port, conns[0].Client.Port)
	require.Equal(t, 4, conns[0].FD())
	require.Equal(t, "accept4", conns[0].Accept.Name)
	require.Len(t, conns[0].Calls, 2)
	require.Nil(t, rec.Connection(stranger.Object))
	require.Equal(t, []trace.Object{tracetest.Listener}, rec.Listeners())
}

func TestWithoutClientsEveryConnectionCounts(t *testing.T) {
	s := tracetest.New()
	a, b := s.Stranger(), s.Stranger()
	s.Main().Accept(a, b).Read(a, 1)
	require.Len(t, s.Cut().Connections(), 2)
}

func TestConnectionWithoutAccept(t *testing.T) {
	s := tracetest.New()
	c := s.Connect("idle")
	s.Put(trace.Record{Socket: &trace.Socket{At: s.Tick(), Object: c.Object, Local: "[::ffff:127.0.0.1]:6390", Peer: c.Peer()}})
	conns := s.End().Connections()
	require.Len(t, conns, 1)
	require.Nil(t, conns[0].Accept)
	require.Equal(t, -1, conns[0].FD())
}

func TestASocketThatOnlyItsAcceptTellsOf(t *testing.T) {
	s := tracetest.New()
	a := s.Connect("burst")
	s.Main().Call("accept4", func(c *trace.Call) {
		c.FD, c.Object, c.Result, c.Address = 3, tracetest.Listener, 7, a.Peer()
		c.Made = []trace.FD{{FD: 7, Object: a.Object}}
	})
	conns := s.End().Connections()
	require.Len(t, conns, 1)
	require.Equal(t, a.Port, conns[0].Client.Port)
	require.Equal(t, 7, conns[0].FD())
}

func TestAPortUsedTwiceNamesTheLaterClient(t *testing.T) {
	s := tracetest.New()
	first := s.Connect("short")
	s.Main().Accept(first).Close(first)
	first.Leaves()
	second := s.Connect("short")
	second.Port = first.Port
	s.Main().Accept(second)
	conns := s.End().Connections()
	require.Len(t, conns, 2)
	require.Equal(t, first.Opened, conns[0].Client.Opened)
	require.Equal(t, second.Opened, conns[1].Client.Opened)
}

func TestListeners(t *testing.T) {
	for _, c := range []struct {
		local, address string
		want           bool
	}{
		{"127.0.0.1:6390", "127.0.0.1:6390", true},
		{"0.0.0.0:6390", "127.0.0.1:6390", true},
		{"[::]:6390", "127.0.0.1:6390", true},
		{"127.0.0.1:6390", "localhost:6390", true},
		{"127.0.0.1:6390", ":6390", true},
		{"127.0.0.2:6390", "127.0.0.1:6390", false},
		{"127.0.0.1:6391", "127.0.0.1:6390", false},
		{"/run/socket", "127.0.0.1:6390", false},
		{"127.0.0.1:1", "", true},
	} {
		rec := trace.NewRecording()
		require.NoError(t, rec.Put(trace.Record{Header: &trace.Header{Address: c.address}}))
		require.NoError(t, rec.Put(trace.Record{Socket: &trace.Socket{Object: "socket:5", Listening: true, Local: c.local}}))
		require.Equal(t, c.want, len(rec.Listeners()) == 1, "%s for %s", c.local, c.address)
	}
}

func objects(members []trace.Member) []trace.Object {
	var os []trace.Object
	for _, m := range members {
		os = append(os, m.Object)
	}
	return os
}

func TestEpollMembershipFollowsCtlAndClose(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	a, b := s.Connect("burst"), s.Connect("burst")
	main.Add(ep, tracetest.Listener, trace.In).Wait(ep, tracetest.Listener)
	main.Accept(a, b).Add(ep, a, trace.In|trace.Edge).Add(ep, b, trace.In).Wait(ep, a, b)
	fd := a.FD(main)
	main.Del(ep, b).Wait(ep).Close(a).Wait(ep)
	c := s.Connect("short")
	main.AcceptAs(c, fd).Add(ep, c, trace.In).Wait(ep, c)
	rec := s.End()

	waits := rec.Waits()
	require.Len(t, waits, 5)
	require.Equal(t, []int{0, 2, 1, 0, 1}, []int{waits[0].Degree, waits[1].Degree, waits[2].Degree, waits[3].Degree, waits[4].Degree})
	require.Equal(t, []trace.Object{tracetest.Listener}, objects(waits[0].Members()))
	require.Equal(t, []trace.Object{tracetest.Listener, a.Object, b.Object}, objects(waits[1].Members()))
	require.Equal(t, []trace.Object{tracetest.Listener}, objects(waits[3].Members()), "close removes silently")
	require.Equal(t, a.Object, waits[1].Reports[0].Object)
	require.Equal(t, c.Object, waits[4].Reports[0].Object, "the reused descriptor means the new connection")
	require.Equal(t, trace.In|trace.Edge, rec.WaitSets()[0].Watched[1].Events)
}

func TestADuplicateKeepsTheMembership(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ep, a := main.Epoll(), s.Connect("burst")
	main.Accept(a).Add(ep, a, trace.In)
	child := main.Fork()
	main.Close(a).Wait(ep)
	child.Close(a)
	main.Wait(ep)
	waits := s.End().Waits()
	require.Equal(t, 1, waits[0].Degree, "the child still has the connection open")
	require.Equal(t, 0, waits[1].Degree)
}

func TestTheEndOfAProcessClosesItsDescriptors(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ep, a := main.Epoll(), s.Connect("burst")
	main.Accept(a).Add(ep, a, trace.In)
	child := main.Fork()
	main.Close(a).Wait(ep)
	child.Exits()
	main.Wait(ep)
	waits := s.End().Waits()
	require.Equal(t, []int{1, 0}, []int{waits[0].Degree, waits[1].Degree})
}

func TestAConnectionThatTravels(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	sub := main.Fork()
	own := sub.Epoll()
	a := s.Connect("burst")
	main.Accept(a).Pass(a, sub)
	sub.Add(own, a, trace.In).Wait(own, a).Read(a, 5).Close(a)
	sub.Wait(own)
	rec := s.End()
	c := rec.Connections()[0]
	require.Equal(t, main.TID, c.Accept.TID)
	require.Equal(t, []string{"sendmsg", "recvmsg"}, []string{c.Passed[0].Name, c.Passed[1].Name})
	require.Equal(t, []string{"accept4", "close", "read", "close"}, []string{c.Calls[0].Name, c.Calls[1].Name, c.Calls[2].Name, c.Calls[3].Name},
		"to pass a connection is not to write to it")
	require.Equal(t, []int{1, 0}, []int{rec.Waits()[0].Degree, rec.Waits()[1].Degree})
	require.Equal(t, "sendmsg(fd 90 = socket:90, 1, passing fd 4 = c1) = 1", rec.Text(c.Passed[0]))
}

// An instance goes on watching a descriptor that was closed while a duplicate lives, here one in another process.
func TestWhatTravelsStaysWatchedBehind(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	sub := main.Fork()
	ep, a := main.Epoll(), s.Connect("burst")
	main.Accept(a).Add(ep, a, trace.In).Pass(a, sub).Wait(ep)
	sub.Close(a)
	main.Wait(ep)
	waits := s.End().Waits()
	require.Equal(t, []int{1, 0}, []int{waits[0].Degree, waits[1].Degree})
}

func TestEventsResolveAcrossThreads(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	sub := main.Spawn()
	ep, a := main.Epoll(), s.Connect("burst")
	main.Accept(a)
	wait := sub.Enter("epoll_wait", func(c *trace.Call) { c.Object, c.Timeout, c.NFDs = ep, -1, 64 })
	main.Add(ep, a, trace.In)
	wait.Ready = []trace.Event{{Events: trace.In, Data: uint64(a.FD(main))}, {Events: trace.In, Data: 4711}}
	wait.Result = 2
	sub.Return(wait)
	w := s.End().Waits()[0]
	require.Equal(t, 0, w.Degree, "nothing was watched when the call entered")
	require.Equal(t, a.Object, w.Reports[0].Object)
	require.Equal(t, trace.Report{FD: -1, Events: trace.In}, w.Reports[1], "an unknown event is said to be unknown")
}

func TestSelectAndPollSetsBelongToTheirThread(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	a, b := s.Connect("burst"), s.Connect("burst")
	main.Accept(a, b)
	hole := trace.PollFD{FD: -1}
	main.Poll(append(tracetest.Set(a, b), hole), b)
	main.Select(tracetest.Set(a), a)
	rec := s.End()
	sets := rec.WaitSets()
	require.Len(t, sets, 2)
	require.Equal(t, "poll@100", sets[0].ID)
	require.Equal(t, "select@100", sets[1].ID)
	w := sets[0].Waits[0]
	require.Equal(t, 2, w.Degree)
	require.Len(t, w.Members(), 3, "a hole is not watched")
	require.Equal(t, []trace.Report{{FD: b.FD(main), Object: b.Object, Events: trace.In}}, w.Reports)
	require.Equal(t, a.FD(main)+1, sets[1].Waits[0].Call.NFDs)
}

func TestQueriesAreRenewedAfterPut(t *testing.T) {
	s := tracetest.New()
	a := s.Connect("burst")
	s.Main().Accept(a)
	require.Len(t, s.Rec.Connections(), 1)
	require.Same(t, s.Rec.Connections()[0], s.Rec.Connections()[0])
	s.Main().Accept(s.Connect("burst"))
	require.Len(t, s.Rec.Connections(), 2)
}
