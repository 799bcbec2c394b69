package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// In a runtime that moves tasks between threads, one thread may read, sleep, and another go on.
func TestEdgeTakenOnByAnotherThread(t *testing.T) {
	v := newServer("edge")
	other := v.Main().Spawn()
	c := v.accept(2, "big")[0]
	c.Ask(2*tracetest.Buffer + 5)
	v.wait(c)
	v.t.Read(c, tracetest.Buffer)
	v.wait()
	other.Write(c, tracetest.Buffer)
	v.wait(c)
	other.Read(c, tracetest.Buffer).Read(c, 5).Write(c, tracetest.Buffer+5)
	c.Answered()
	finds(t, EdgeMustDrain, v.End(), Pass, "drained")
}

// In such a runtime, who is told of a connection may sleep, and be told again, before the one who serves it gets to it. That
// what came is lost shows by the client then.
func TestEdgeThatAnotherThreadIsAboutToRead(t *testing.T) {
	for answered, want := range map[bool]Outcome{true: Pass, false: Fail} {
		v := newServer("edge")
		other := v.Main().Spawn()
		cs := v.accept(2, "held")
		v.ask(2*tracetest.Buffer+5, cs[1])
		other.ReadFails(cs[0], "EAGAIN")
		cs[0].Ask(20)
		v.wait(cs[0])
		v.wait(cs[0]) // of its second half
		if answered {
			other.Read(cs[0], 20).Write(cs[0], 20)
			cs[0].Answered()
		}
		require.Equal(t, want, EdgeMustDrain(v.End()).Outcome, "answered: %v", answered)
	}
}

func TestAnEventOfAClosedConnectionOwesNothing(t *testing.T) {
	v := newServer("edge")
	waiter := v.Main().Spawn()
	cs := v.accept(2, "big")
	v.ask(2*tracetest.Buffer+5, cs...)
	wait := waiter.Enter("epoll_wait", func(c *trace.Call) {
		c.Object, c.Timeout, c.NFDs, c.Result = v.ep, -1, 64, 1
		c.Ready = []trace.Event{{Events: trace.In, Data: uint64(cs[0].FD(v.t))}}
	})
	v.t.Read(cs[0], 0).Close(cs[0])
	waiter.Return(wait)
	waiter.Wait(v.ep)
	finds(t, EdgeMustDrain, v.End(), Pass, "drained")
}

// nginx reads no more than it was told that there is, so that its last read may fill the buffer.
func TestEdgeThatAsksHowMuchThereIs(t *testing.T) {
	for name, told := range map[string]int64{"all": tracetest.Buffer, "nothing": 0, "more": tracetest.Buffer + 1} {
		v := newServer("edge")
		c := v.accept(2, "big")[0]
		c.Ask(2 * tracetest.Buffer)
		v.wait(c)
		v.t.Read(c, tracetest.Buffer)
		v.t.Call("ioctl", func(call *trace.Call) {
			call.FD, call.Object, call.Option, call.Value = c.FD(v.t), c.Object, "FIONREAD", told
		})
		if told > 0 {
			v.t.Read(c, tracetest.Buffer)
		}
		v.t.Write(c, 2*tracetest.Buffer)
		c.Answered()
		v.wait()
		v.wait(c)
		if name == "more" {
			finds(t, EdgeMustDrain, v.End(), Fail, "c1 was left undrained")
			continue
		}
		finds(t, EdgeMustDrain, v.End(), Pass, "drained")
	}
}

func TestLevelThatLosesTheRest(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "big")
	cs[0].Ask(2 * tracetest.Buffer)
	v.wait(cs[0])
	v.t.Read(cs[0], tracetest.Buffer)
	v.wait(cs[0])
	finds(t, LevelMayReadOnce, v.End(), Fail, "c1 was read in part, and the rest was lost",
		"read(fd 5 = c1, 4096) = 4096", "c1 (big, port 40001): request 1 of 8192 bytes was never answered")
}

func TestLevelThatAlwaysDrains(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "big")
	cs[0].Ask(2 * tracetest.Buffer)
	v.wait(cs[0])
	v.t.Read(cs[0], tracetest.Buffer).Read(cs[0], tracetest.Buffer).ReadFails(cs[0], "EAGAIN").Write(cs[0], 10)
	cs[0].Answered()
	v.wait()
	finds(t, LevelMayReadOnce, v.End(), Inconclusive, "the server reads until nothing is left")
}

func TestSmallRequestsShowNothingOfDraining(t *testing.T) {
	for kind, p := range map[string]Predicate{"level": LevelMayReadOnce, "edge": EdgeMustDrain} {
		v := newServer(kind)
		v.ask(10, v.accept(3, "held")...)
		finds(t, p, v.End(), Inconclusive, "no request was larger than the buffer")
	}
}

func TestEdgeThatReadsOnce(t *testing.T) {
	v := newServer("edge")
	cs := v.accept(2, "big")
	cs[0].Ask(2 * tracetest.Buffer)
	v.wait(cs[0])
	v.t.Read(cs[0], tracetest.Buffer)
	v.wait() // and sleeps, though there is more
	finds(t, EdgeMustDrain, v.End(), Fail, "c1 was left undrained, 1 time in all",
		"epoll_wait(epoll:1 with 2 clients) = c1 in", "read(fd 5 = c1, 4096) = 4096", "c1 (big, port 40001): request 1 of 8192 bytes was never answered")
}

func TestEdgeThatIgnoresAReport(t *testing.T) {
	v := newServer("edge")
	cs := v.accept(2, "big")
	v.ask(2*tracetest.Buffer, cs[0])
	v.wait(cs[1])
	v.wait(cs[1])
	finds(t, EdgeMustDrain, v.End(), Fail, "left undrained")
}

func TestEdgeMayRestWhileItsReplyIsStuck(t *testing.T) {
	v := newServer("edge")
	cs := v.accept(2, "big")
	c := cs[0]
	c.Ask(2*tracetest.Buffer + 5)
	v.wait(c)
	v.t.Read(c, tracetest.Buffer).WriteShort(c, 0)
	v.wait(tracetest.On{What: c, Events: trace.Out})
	v.t.Write(c, tracetest.Buffer).Read(c, tracetest.Buffer).Read(c, 5).Write(c, tracetest.Buffer+5)
	c.Answered()
	v.wait()
	finds(t, EdgeMustDrain, v.End(), Pass, "drained")
}

func TestEdgeOnBlockingSockets(t *testing.T) {
	v := newServer("edge")
	v.handle = func(c *tracetest.Client, n int64) { v.t.ReadBlocking(c, n).Write(c, n) }
	v.ask(10, v.accept(2, "held")...)
	finds(t, EdgeNonblocking, v.End(), Fail, "c1 is read in blocking mode",
		"epoll_ctl(epoll:1, ADD, fd 5 = c1, in|edge)", "read(fd 5 = c1, 4096) = 10")
}

func TestOneConnectionInTheOtherMode(t *testing.T) {
	v := newServer("edge")
	cs := v.accept(2, "held")
	v.t.Mod(v.ep, cs[1], trace.In)
	rec := v.End()
	finds(t, EdgeTriggered, rec, Fail, "1 registration not edge-triggered", "epoll_ctl(epoll:1, MOD, fd 6 = c2, in)")
	finds(t, LevelTriggered, rec, Fail, "2 registrations not level-triggered")
}
