package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestWaitingBeforeAdding(t *testing.T) {
	v := newServer("level")
	v.add = func(c *tracetest.Client) {
		if c.Port != tracetest.FirstPort+1 {
			v.register(c)
		}
	}
	cs := v.accept(3, "held")
	v.ask(10, cs[0])
	v.t.Read(cs[1], 10)
	v.wait()
	finds(t, CreateCtlWait, v.End(), Fail, "thread 100 accepted c2 and waited without having added it",
		"accept4(fd 3 = listener) = fd 6 = c2", "epoll_wait(epoll:1 with 2 clients) = c1 in")
}

func TestAListenerThatIsNotAdded(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	cs := s.Connects(2, "held")
	main.Accept(cs...)
	for _, c := range cs {
		main.Add(ep, c, trace.In)
	}
	main.Wait(ep, anys(cs)...).Read(cs[0], 1).Wait(ep)
	finds(t, CreateCtlWait, s.End(), Fail, "the listener was never added")
}

func TestRegisteringForEachWait(t *testing.T) {
	for name, again := range map[string]func(*server, *tracetest.Client){
		"MOD":         func(v *server, c *tracetest.Client) { v.t.Mod(v.ep, c, trace.In) },
		"DEL and ADD": func(v *server, c *tracetest.Client) { v.t.Del(v.ep, c).Add(v.ep, c, trace.In) },
	} {
		t.Run(name, func(t *testing.T) {
			v := newServer("level")
			cs := v.accept(2, "held")
			for range 4 {
				for _, c := range cs {
					again(v, c)
				}
				v.ask(10, cs...)
			}
			finds(t, InterestKeptInKernel, v.End(), Fail, "c1 was registered again as it was, 4 times, in 5 waits")
		})
	}
}

func TestAPauseIsAChange(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "big")
	for range 4 { // reading paused while the reply is stuck
		v.t.Wait(v.ep, cs[0]).Read(cs[0], 10).Del(v.ep, cs[0]).Wait(v.ep, cs[1]).Read(cs[1], 10).Add(v.ep, cs[0], trace.In)
	}
	v.ask(10, cs...)
	finds(t, InterestKeptInKernel, v.End(), Pass, "2 connections added, 4 changes")
}

// An event loop may queue what follows an accept, and look at its set before it comes to it.
func TestALookBeforeAdding(t *testing.T) {
	v := newServer("level")
	v.add = func(c *tracetest.Client) { v.t.WaitFor(v.ep, 0, 64).Add(v.ep, c, trace.In) }
	v.ask(10, v.accept(3, "held")...)
	finds(t, CreateCtlWait, v.End(), Pass, "3 connections added to 1 instance")
}

func TestChangesOfInterestAreKept(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "big")
	for range 4 { // a reply that gets stuck: EPOLLOUT armed and disarmed
		v.t.Wait(v.ep, cs[0]).Read(cs[0], 10).WriteShort(cs[0], 0).Mod(v.ep, cs[0], trace.In|trace.Out)
		v.t.Wait(v.ep, tracetest.On{What: cs[0], Events: trace.Out}).Write(cs[0], 10).Mod(v.ep, cs[0], trace.In)
	}
	finds(t, InterestKeptInKernel, v.End(), Pass, "2 connections added, 8 changes")
	v = newServer("level")
	cs = v.accept(2, "held")
	for range 5 {
		v.t.Mod(v.ep, cs[0], trace.In|trace.OneShot).Wait(v.ep, cs[0]).Read(cs[0], 10)
	}
	finds(t, InterestKeptInKernel, v.End(), Pass, "2 connections added, 5 changes")
}
