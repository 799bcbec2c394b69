package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// worker is a reactor in a process of its own, which accepts for itself.
type worker struct {
	*tracetest.Thread
	ep trace.Object
}

// masterAndWorkers is a master that sets up the listener and makes workers.
func masterAndWorkers(n int) (s *tracetest.Story, workers []worker) {
	s = tracetest.New()
	s.Main().Call("listen", func(c *trace.Call) { c.FD, c.Object = 3, tracetest.Listener })
	for range n {
		t := s.Main().Fork()
		workers = append(workers, worker{t, t.Epoll()})
	}
	return s, workers
}

// serve lets clients come to the worker, who waits for the listener.
func (w worker) serve(n int) {
	cs := w.Story.Connects(n, "held")
	w.Wait(w.ep, tracetest.Listener)
	for _, c := range cs {
		w.Accept(c).Add(w.ep, c, trace.In)
		c.Ask(10)
	}
	w.AcceptFails("EAGAIN")
	w.WaitFor(w.ep, 50e6, 64, anys(cs)...)
	for _, c := range cs {
		w.Read(c, 10).Write(c, 10)
		c.Answered()
	}
}

// turns is workers who take turns to have the listener.
func turns() *trace.Recording {
	s, workers := masterAndWorkers(2)
	for range 2 {
		for _, w := range workers {
			w.Add(w.ep, tracetest.Listener, trace.In)
			w.serve(3)
			w.Del(w.ep, tracetest.Listener).WaitFor(w.ep, 50e6, 64)
		}
	}
	return s.End()
}

// allAtOnce is workers who all have the listener all the time.
func allAtOnce(events uint32) *trace.Recording {
	s, workers := masterAndWorkers(2)
	for _, w := range workers {
		w.Add(w.ep, tracetest.Listener, events)
	}
	idle := workers[1].Enter("epoll_wait", func(c *trace.Call) { c.Object, c.Timeout, c.NFDs = workers[1].ep, -1, 64 })
	workers[0].serve(3)
	workers[1].Return(idle)
	workers[1].AcceptFails("EAGAIN")
	workers[1].serve(3)
	return s.End()
}

// sharded is workers with a listener each.
func sharded() *trace.Recording {
	const second trace.Object = "socket:900"
	s, workers := masterAndWorkers(2)
	s.Put(trace.Record{Socket: &trace.Socket{At: s.Tick(), Object: second, Domain: "inet", Type: "stream", Listening: true, Local: tracetest.Address}})
	workers[0].Add(workers[0].ep, tracetest.Listener, trace.In)
	workers[1].Add(workers[1].ep, trace.PollFD{FD: 2, Object: second}, trace.In)
	for _, w := range workers {
		w.serve(3)
	}
	return s.End()
}

func TestWorkersTakeTurns(t *testing.T) {
	rec := turns()
	finds(t, AcceptLock, rec, Pass, "the listener changed hands 3 times, and never did two wait for it at once")
	finds(t, AcceptExclusive, rec, Fail, "thread 101 waits for the listener without EPOLLEXCLUSIVE")
	finds(t, AcceptSharded, rec, Fail, "threads 101 and 102 wait for the same listener")
}

func TestWorkersWaitTogether(t *testing.T) {
	rec := allAtOnce(trace.In | trace.Exclusive)
	finds(t, AcceptExclusive, rec, Pass, "EPOLLEXCLUSIVE in each registration")
	finds(t, AcceptLock, rec, Fail, "threads 102 and 101 wait for the listener at once")
	finds(t, AcceptExclusive, allAtOnce(trace.In), Fail, "thread 102 waits for the listener without EPOLLEXCLUSIVE")
}

func TestWorkersWithAListenerEach(t *testing.T) {
	rec := sharded()
	finds(t, AcceptSharded, rec, Pass, "2 listeners, each with one worker")
	finds(t, AcceptExclusive, rec, Fail, "without EPOLLEXCLUSIVE")
	finds(t, AcceptExclusive, rebuild(rec, func(c *trace.Call) bool {
		if c.Ctl != nil && c.Ctl.Op == "ADD" {
			c.Ctl.Events |= trace.Exclusive
		}
		return true
	}), Fail, "no two workers wait for the same listener")
}

func TestTheListenerNeverMoves(t *testing.T) {
	s, workers := masterAndWorkers(2)
	for _, w := range workers {
		w.Add(w.ep, tracetest.Listener, trace.In)
		w.serve(2)
	}
	finds(t, AcceptLock, s.End(), Inconclusive, "no wait without the listener")
}

func TestALoserThatSleepsForEver(t *testing.T) {
	s, workers := masterAndWorkers(2)
	for _, w := range workers {
		w.Add(w.ep, tracetest.Listener, trace.In)
		w.serve(2)
		w.Del(w.ep, tracetest.Listener).Wait(w.ep)
	}
	finds(t, AcceptLock, s.End(), Fail, "thread 101 waits for ever without the listener")
}

func TestHerdIsCounted(t *testing.T) {
	s, workers := masterAndWorkers(2)
	for _, w := range workers {
		w.Add(w.ep, tracetest.Listener, trace.In|trace.Exclusive)
	}
	workers[0].serve(2)
	workers[1].Wait(workers[1].ep, tracetest.Listener).AcceptFails("EAGAIN")
	workers[1].serve(2)
	finds(t, AcceptExclusive, s.End(), Pass, "1 of them in vain")
}

func TestOneWorkerTookEverything(t *testing.T) {
	s, workers := masterAndWorkers(2)
	w := workers[0]
	w.Add(w.ep, tracetest.Listener, trace.In)
	workers[1].AcceptFails("EAGAIN")
	w.serve(4)
	rec := s.End()
	for _, p := range []Predicate{AcceptLock, AcceptExclusive, AcceptSharded, WorkersAccept, StaysWithAcceptor} {
		finds(t, p, rec, Inconclusive, "of 2 processes that could accept one took everything")
	}
}
