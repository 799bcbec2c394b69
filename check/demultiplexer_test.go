package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestASham(t *testing.T) {
	// A server "on poll" that makes one poll call for show, and is woken by epoll.
	v := newServer("level")
	cs := v.accept(3, "held")
	v.t.Poll(tracetest.Set(cs...))
	v.ask(10, cs...)
	rec := v.End()
	finds(t, UsesPoll, rec, Fail, "it waits with epoll_wait, for up to 3 at once", "epoll_wait(epoll:1 with 3 clients) = c1 in, c2 in, c3 in")
	finds(t, PollCopies, rec, Fail, "it waits with epoll_wait")
	finds(t, UsesEpoll, rec, Pass, "epoll_wait for up to 3 connections")
	finds(t, CreateCtlWait, rec, Fail, "connections are waited for with poll, too", "poll(listener, c1, c2, c3) = 0")
}

func TestAnInstanceThatIsNeverWaitedOn(t *testing.T) {
	s := tracetest.New()
	ep := s.Main().Epoll()
	cs := s.Connects(3, "held")
	s.Main().Accept(cs...)
	for _, c := range cs {
		s.Main().Add(ep, c, trace.In)
		c.Ask(5)
		s.Main().Spawn().ReadBlocking(c, 5).Write(c, 5)
		c.Answered()
	}
	finds(t, UsesEpoll, s.End(), Fail, "with up to 3 connections open, each is waited for on its own", "read(fd 5 = c1, 4096) = 5")
}
