package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// comes tells of a client that comes while all of some workers sleep in their waits. The first takes it; those behind it,
// up to woken, find nobody.
func comes(s *tracetest.Story, workers []worker, woken int) {
	var waits []*trace.Call
	for _, w := range workers {
		waits = append(waits, w.Enter("epoll_wait", func(c *trace.Call) { c.Object, c.Timeout, c.NFDs = w.ep, -1, 64 }))
	}
	s.Mark("asleep")
	c := s.Connect("short")
	for i, w := range workers[:woken] {
		waits[i].Result = 1
		waits[i].Ready = []trace.Event{{Events: trace.In, Data: 3}}
		w.Return(waits[i])
	}
	workers[0].Accept(c).AcceptFails("EAGAIN")
	for _, w := range workers[1:woken] {
		w.AcceptFails("EAGAIN")
	}
	c.Ask(10)
	workers[0].Read(c, 10).Write(c, 10)
	c.Answered()
	workers[0].Close(c)
	c.Leaves()
	for i, w := range workers[woken:] {
		w.Return(waits[woken+i])
	}
}

func TestWakeUps(t *testing.T) {
	for name, c := range map[string]struct {
		events uint32
		woken  []int // by each of the clients
		want   Outcome
		said   string
	}{
		"one each":             {trace.In | trace.Exclusive, []int{1, 1, 1, 1}, Pass, "4 clients that came while it slept woke 4 acceptors"},
		"one too many, once":   {trace.In | trace.Exclusive, []int{1, 2, 1, 1}, Pass, "4 clients that came while it slept woke 5 acceptors"},
		"mostly two":           {trace.In | trace.Exclusive, []int{2, 2, 1, 2}, Fail, "4 clients that came while it slept woke 7 acceptors"},
		"all, and all see it":  {trace.In, []int{3, 3, 3, 3}, Fail, "4 clients that came while it slept woke 12 acceptors"},
		"all, and one sees it": {trace.In, []int{1, 1, 1, 1}, Fail, "4 clients that came while it slept woke 12 acceptors"},
	} {
		t.Run(name, func(t *testing.T) {
			s, workers := masterAndWorkers(3)
			for _, w := range workers {
				w.Add(w.ep, tracetest.Listener, c.events)
			}
			for _, n := range c.woken {
				comes(s, workers, n)
			}
			finds(t, OneWakeUp, s.End(), c.want, c.said)
		})
	}
}

func TestABlockedAcceptIsAWakeUp(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	for range 2 {
		s.Mark("asleep")
		c := s.Connect("short")
		main.Call("accept4", func(call *trace.Call) {
			call.FD, call.Object, call.Result = 3, tracetest.Listener, 9
			call.Made = []trace.FD{{FD: 9, Object: c.Object}}
		})
		c.Leaves()
	}
	finds(t, OneWakeUp, s.End(), Pass, "2 clients that came while it slept woke 2 acceptors")
}

func TestWhoWakesInACrowdIsNotJudged(t *testing.T) {
	finds(t, OneWakeUp, allAtOnce(trace.In), Inconclusive, "no client was seen to come while the server slept")
}
