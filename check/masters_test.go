package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestMasterAndWorkers(t *testing.T) {
	for _, rec := range []*trace.Recording{turns(), allAtOnce(trace.In), sharded()} {
		finds(t, MasterNeverAccepts, rec, Pass, "process 100 set up the listener and never accepted; 2 descendants of it did")
		finds(t, WorkersAccept, rec, Pass, "accepted and served in 2 processes")
		finds(t, StaysWithAcceptor, rec, Pass, "accepted and served in 2 processes")
	}
}

// TestLightLoad: where one worker took everything, more load would tell; to be taken for a single reactor would be wrong.
func TestLightLoad(t *testing.T) {
	for events, accepts := range map[uint32]Predicate{trace.In | trace.Exclusive: AcceptExclusive, trace.In: MasterNeverAccepts} {
		s, workers := masterAndWorkers(2)
		for _, w := range workers {
			w.Add(w.ep, tracetest.Listener, events)
		}
		workers[1].Stays(workers[1].Enter("epoll_wait", func(c *trace.Call) { c.Object, c.Timeout, c.NFDs = workers[1].ep, -1, 64 }))
		workers[0].serve(3)
		rec := s.End()
		for _, p := range []Predicate{MultiReactorProcesses, SubRegisters, SubServes} {
			finds(t, p, rec, Inconclusive, "thread 101 took everything, and others could have accepted")
		}
		finds(t, SingleReactor, rec, Fail, "thread 102 waits for the listener, too", "epoll_wait(epoll:2) = …")
		finds(t, accepts, rec, Pass, "")
		for _, p := range []Predicate{WorkersAccept, StaysWithAcceptor} {
			finds(t, p, rec, Inconclusive, "of 2 processes that could accept one took everything")
		}
	}
}

func TestAMasterThatAccepts(t *testing.T) {
	s, workers := masterAndWorkers(2)
	for _, w := range workers {
		w.Add(w.ep, tracetest.Listener, trace.In)
		w.serve(2)
	}
	s.Main().AcceptFails("EAGAIN")
	finds(t, MasterNeverAccepts, s.End(), Fail, "process 100, which set up the listener, accepts", "listen(fd 3 = listener) = 0")
}

func TestAnAcceptorFromElsewhere(t *testing.T) {
	s := tracetest.New()
	child := s.Main().Fork()
	child.Call("listen", func(c *trace.Call) { c.FD, c.Object = 3, tracetest.Listener })
	s.Main().Fork().Accept(s.Connect("held"))
	finds(t, MasterNeverAccepts, s.End(), Fail, "process 102 accepts and does not descend from 101")
}

func TestConnectionsThatTravel(t *testing.T) {
	rec := mainAndSubs(true)
	finds(t, MasterNeverAccepts, rec, Fail, "process 100, which set up the listener, accepts")
	finds(t, WorkersAccept, rec, Fail, "thread 100 accepted c1 and does not wait for it")
	finds(t, StaysWithAcceptor, rec, Fail, "c1 was accepted in process 100 and sent on")
}

func TestAConnectionServedInAnotherProcess(t *testing.T) {
	s, workers := masterAndWorkers(2)
	for _, w := range workers {
		w.Add(w.ep, tracetest.Listener, trace.In)
		w.serve(2)
	}
	c := s.Connect("held")
	workers[0].Accept(c)
	workers[0].Fork().Read(c, 10)
	finds(t, StaysWithAcceptor, s.End(), Fail, "c5 was accepted in process 101 and served in process 103")
}

func TestAnAcceptorThatWaitsInAccept(t *testing.T) {
	finds(t, WorkersAccept, perConnection(), Fail, "thread 100 accepts and waits for no listener")
}
