package check

import (
	"testing"

	"github.com/iospec/iospec/trace/tracetest"
)

func TestASecondThreadReads(t *testing.T) {
	v := newServer("level")
	helper := v.Main().Spawn()
	v.handle = func(c *tracetest.Client, n int64) {
		if c.Role == "together" && c.Port%2 == 0 {
			helper.Read(c, n).Write(c, n)
			return
		}
		v.answer(c, n)
	}
	rec := v.exercise()
	finds(t, TimeSharing, rec, Fail, "2 threads did the clients' I/O", "read(fd 10 = c6, 4096) = 50")
	finds(t, SingleReactor, rec, Fail, "2 threads did the clients' I/O")
	finds(t, ReadWorkSend, rec, Fail, "2 threads read and answered requests")
	finds(t, MultiReactorThreads, rec, Fail, "threads 101, 100 touched c6")
	finds(t, OneAtATime, rec, Inconclusive, "2 threads handled requests, never two at a time")
}

func TestTwoThreadsHandleAtTheSameTime(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	other := main.Spawn()
	a, b := s.Connect("together"), s.Connect("together")
	main.Accept(a, b)
	a.Ask(10)
	b.Ask(10)
	main.Read(a, 10)
	other.Read(b, 10)
	main.Write(a, 10)
	other.Write(b, 10)
	a.Answered()
	b.Answered()
	finds(t, OneAtATime, s.End(), Fail, "thread 101 began with a request of c2 while thread 100 was at one of c1",
		"read(fd 4 = c1, 4096) = 10", "read(fd 5 = c2, 4096) = 10", "write(fd 4 = c1, 10) = 10", "write(fd 5 = c2, 10) = 10")
}

// Redis executes what it reads at once, and writes the replies at the end of its turn.
func TestReadingAllThenWritingAllIsOneAtATime(t *testing.T) {
	s := tracetest.New()
	cs := s.Connects(5, "together")
	s.Main().Accept(cs...)
	for _, c := range cs {
		c.Ask(10)
	}
	for _, c := range cs {
		s.Main().Read(c, 10)
	}
	for _, c := range cs {
		s.Main().Write(c, 10)
		c.Answered()
	}
	finds(t, OneAtATime, s.End(), Pass, "thread 100 handled 5 requests, with up to 5 waiting")
}

// A piece of a request may wait for the rest while another thread serves others.
func TestHalfARequestIsNotBeingHandled(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	other := main.Spawn()
	half, quick := s.Connect("half"), s.Connect("held")
	main.Accept(half, quick)
	half.Ask(10)
	quick.Ask(10)
	main.Read(half, 5)
	other.Read(quick, 10).Write(quick, 10)
	main.Read(half, 5).Write(half, 10)
	finds(t, OneAtATime, s.End(), Inconclusive, "never two at a time")
}

func TestRoomForOneEvent(t *testing.T) {
	v := newServer("level")
	cs := v.accept(8, "together")
	for _, c := range cs {
		c.Ask(10)
	}
	for _, c := range cs {
		v.t.WaitFor(v.ep, -1, 1, c).Read(c, 10).Write(c, 10)
		c.Answered()
	}
	// The first wait, for the listener alone, covered no client.
	finds(t, ManyEventsOneCall, v.End(), Fail, "8 waits, each with room for 1 event, though up to 8 requests were waiting",
		"epoll_wait(epoll:1 with 8 clients) = c1 in")
}

func TestRoomForOneEventUnderLightLoad(t *testing.T) {
	v := newServer("level")
	for _, c := range v.accept(4, "held") {
		c.Ask(10)
		v.t.WaitFor(v.ep, -1, 1, c).Read(c, 10).Write(c, 10)
		c.Answered()
	}
	finds(t, ManyEventsOneCall, v.End(), Inconclusive, "at most 1 request were on their way at once")
}
