package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestMainAndSubs(t *testing.T) {
	for _, processes := range []bool{false, true} {
		rec := mainAndSubs(processes)
		finds(t, SubRegisters, rec, Pass, "8 connections, each added by the one of threads 101, 102 that serves it")
		finds(t, ClearDivision, rec, Pass, "8 connections handed over by thread 100 to threads 101, 102, and no word back")
	}
	finds(t, SubRegisters, turns(), Pass, "each added by the one of threads 101, 102 that serves it")
	finds(t, ClearDivision, turns(), Fail, "thread 101, which accepts, serves c1")
}

// fellows is a main thread that accepts, and two subs that serve a client each; register and talk are what they do about
// it.
func fellows(register func(main, sub *tracetest.Thread, own trace.Object, c *tracetest.Client), talk func(main, sub *tracetest.Thread)) *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	cs := s.Connects(2, "held")
	main.Accept(cs...)
	for _, c := range cs {
		sub := main.Spawn()
		own := sub.Epoll()
		register(main, sub, own, c)
		for range 2 {
			c.Ask(10)
			sub.Wait(own, c).Read(c, 10).Write(c, 10)
			c.Answered()
		}
		talk(main, sub)
	}
	return s.End()
}

func addsItself(_, sub *tracetest.Thread, own trace.Object, c *tracetest.Client) {
	sub.Add(own, c, trace.In)
}

func says(t *tracetest.Thread, call string, o trace.Object) {
	t.Call(call, func(c *trace.Call) { c.FD, c.Object, c.Want, c.Result = 80, o, 8, 8 })
}

func TestMainAddsToTheSetsOfOthers(t *testing.T) {
	rec := fellows(func(main, _ *tracetest.Thread, own trace.Object, c *tracetest.Client) { main.Add(own, c, trace.In) }, func(_, _ *tracetest.Thread) {})
	finds(t, SubRegisters, rec, Fail, "thread 100 adds c1 to a set, and thread 101 serves it")
	finds(t, SubServes, rec, Pass, "")
	finds(t, ClearDivision, rec, Pass, "")
}

func TestTwoWaitOnOneSet(t *testing.T) {
	rec := fellows(func(main, sub *tracetest.Thread, own trace.Object, c *tracetest.Client) {
		sub.Add(own, c, trace.In)
		main.Wait(own)
	}, func(_, _ *tracetest.Thread) {})
	finds(t, SubRegisters, rec, Fail, "threads 100, 101 wait on epoll:1")
}

func TestASubThatTalksBack(t *testing.T) {
	const event, near, far trace.Object = "eventfd:7", "socket:70", "socket:71"
	makes := func(call string, made ...trace.Object) func(main, sub *tracetest.Thread, own trace.Object, c *tracetest.Client) {
		return func(main, sub *tracetest.Thread, own trace.Object, c *tracetest.Client) {
			main.Call(call, func(c *trace.Call) {
				for i, o := range made {
					c.Made = append(c.Made, trace.FD{FD: 80 + i, Object: o})
				}
			})
			addsItself(main, sub, own, c)
		}
	}
	byEvent := fellows(makes("eventfd2", event), func(main, sub *tracetest.Thread) { says(sub, "write", event); says(main, "read", event) })
	bySocket := fellows(makes("socketpair", near, far), func(main, sub *tracetest.Thread) { says(sub, "write", near); says(main, "read", far) })
	told := fellows(makes("eventfd2", event), func(main, sub *tracetest.Thread) { says(main, "write", event); says(sub, "read", event) })
	finds(t, ClearDivision, byEvent, Fail, "thread 101, which serves, writes to thread 100, which accepts")
	finds(t, ClearDivision, bySocket, Fail, "thread 101, which serves, writes to thread 100, which accepts")
	finds(t, ClearDivision, told, Pass, "no word back")
}

func TestAConnectionHandedOverTwice(t *testing.T) {
	s := tracetest.New()
	a, b := s.Main().Fork(), s.Main().Fork()
	cs := s.Connects(2, "held")
	s.Main().Accept(cs...)
	s.Main().Pass(cs[0], a)
	a.Pass(cs[0], b)
	s.Main().Pass(cs[1], b)
	for _, c := range cs {
		c.Ask(10)
		b.Read(c, 10).Write(c, 10)
		c.Answered()
	}
	finds(t, ClearDivision, s.End(), Fail, "c1 was handed over 2 times")
}
