package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestSpinningOnRoomToWrite(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "idle")
	for _, c := range cs {
		v.t.Mod(v.ep, c, trace.In|trace.Out)
	}
	v.ask(10, cs...)
	for range 40 {
		v.t.Wait(v.ep, tracetest.On{What: cs[0], Events: trace.Out}, tracetest.On{What: cs[1], Events: trace.Out})
	}
	rec := v.End()
	finds(t, KernelReportsReady, rec, Fail, "c1 was reported 21 times in a row with nothing done about it",
		"epoll_wait(epoll:1 with 2 clients) = c1 out, c2 out")
	finds(t, NoBusyLoop, rec, Fail, "c1 was reported 21 times in a row")
}

func TestLoopingWithoutSleeping(t *testing.T) {
	v := newServer("poll")
	v.ask(10, v.accept(2, "idle")...)
	v.Mark("phase quiet")
	for range 300 {
		v.wait()
	}
	v.Mark("phase end quiet")
	finds(t, NoBusyLoop, v.End(), Fail, "300 calls in 1ms with nothing to do")
}

func TestSpinningOnARing(t *testing.T) {
	collect := func(v *server) {
		v.t.Call("io_uring_enter", func(c *trace.Call) { c.Ring = &trace.Ring{Completed: []trace.CQE{{Data: 1}}} })
	}
	for calls, want := range map[int]Outcome{1: Pass, 300: Fail} {
		v := newServer("none")
		collect(v)
		v.Mark("phase quiet")
		for range calls {
			collect(v)
		}
		v.Sleep(1_000_000)
		v.Mark("phase end quiet")
		finds(t, NoBusyLoop, v.End(), want, "with nothing to do")
	}
}

func TestATimerIsNoBusyLoop(t *testing.T) {
	v := newServer("poll")
	v.ask(10, v.accept(2, "idle")...)
	v.Mark("phase quiet")
	for range 10 {
		v.Sleep(100_000_000)
		v.wait()
	}
	v.Mark("phase end quiet")
	finds(t, NoBusyLoop, v.End(), Pass, "10 calls in 1s with nothing to do")
}

func TestUnanswered(t *testing.T) {
	v := newServer("level")
	cs := v.accept(3, "held")
	v.ask(10, cs[0])
	cs[1].Ask(10)
	cs[2].Error = "byte 3 of the answer is wrong"
	v.Connect("late").Ask(4)
	finds(t, Answered, v.End(), Fail, "3 of 4 clients got no right answer; 1 request answered",
		"c2 (held, port 40002): request 1 of 10 bytes was never answered",
		"c3 (held, port 40003): byte 3 of the answer is wrong",
		"the client of port 40004 (late), which the server never accepted: request 1 of 4 bytes was never answered")
}
