package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestASetThatIsNotRebuilt(t *testing.T) {
	for _, kind := range []string{"select", "poll"} {
		v := newServer(kind)
		cs := v.accept(3, "held")
		v.ask(10, cs...)
		v.live = cs[:1] // only what was ready is left in the set
		v.ask(10, cs[0])
		rec := v.End()
		id := map[string]string{"select": "select.whole-set-in", "poll": "poll.copies"}[kind]
		last := map[string]string{"select": "pselect6(listener, c1) = c1 in", "poll": "poll(listener, c1) = c1 in"}[kind]
		finds(t, ByClaim[id], rec, Fail, "c2 is live and not in the set", "accept4(fd 3 = listener) = fd 5 = c2", last)
	}
}

func TestAForgottenListener(t *testing.T) {
	v := newServer("select")
	cs := v.accept(2, "held")
	v.t.Select(anys(cs), cs[0])
	finds(t, WholeSetIn, v.End(), Fail, "the listener is not in the set", "pselect6(c1, c2) = c1 in")
}

func TestTheListenerMayRestWithoutDescriptors(t *testing.T) {
	v := newServer("select")
	cs := v.accept(2, "held")
	v.t.AcceptFails("EMFILE").Select(anys(cs), cs[0])
	v.close(cs[1])
	v.t.Accept(v.Connect("late"))
	finds(t, WholeSetIn, v.End(), Pass, "1 call, each with all live connections (up to 2)")
}

func TestAStuckReplyMayLeaveTheReadSet(t *testing.T) {
	v := newServer("select")
	cs := v.accept(2, "held")
	v.t.Select([]any{tracetest.Listener, tracetest.On{What: cs[0], Events: trace.Out}, cs[1]}, cs[1])
	finds(t, WholeSetIn, v.End(), Pass, "1 call")
}

func TestAnEntryForAClosedConnection(t *testing.T) {
	v := newServer("poll")
	cs := v.accept(3, "held")
	v.ask(10, cs...)
	v.drop = func(c *tracetest.Client) { v.t.Close(c) } // and stays in the array
	fd := cs[0].FD(v.t)
	v.leave(cs[0])
	v.t.Poll([]any{tracetest.Listener, trace.PollFD{FD: fd, Object: cs[0].Object, Events: trace.In}, cs[1], cs[2]}, cs[1])
	finds(t, PollCopies, v.End(), Fail, "c1 is in the set though it was closed")
}

func TestAnInvalidEntry(t *testing.T) {
	v := newServer("poll")
	cs := v.accept(2, "held")
	v.ask(10, cs...)
	v.t.Poll([]any{tracetest.Listener, cs[0], cs[1], trace.PollFD{FD: 77, Events: trace.In, Revents: trace.Nval}})
	finds(t, PollCopies, v.End(), Fail, "descriptor 77 is in the set though it is closed")
}

func TestAnEntryTwice(t *testing.T) {
	v := newServer("poll")
	cs := v.accept(2, "held")
	v.ask(10, cs...)
	v.t.Poll([]any{tracetest.Listener, cs[0], cs[1], cs[1]})
	finds(t, PollCopies, v.End(), Fail, "c2 is in the set 2 times")
}

func TestAnArrayThatOnlyGrows(t *testing.T) {
	v := newServer("poll")
	hole := trace.PollFD{FD: -1, Events: trace.In}
	v.ask(10, v.accept(2, "held")...)
	array := tracetest.Set(v.live...)
	for range 7 {
		c := v.Connect("short")
		v.t.Poll(array, tracetest.Listener).Accept(c).Poll(append(array, c), c).Read(c, 0).Close(c)
		array = append(array, hole)
	}
	v.t.Poll(array, v.live[0])
	finds(t, PollCopies, v.End(), Fail, "9 places for 3 live connections, of which there were 3 at most: entries of closed connections stay")
}

func TestHolesAndOtherDescriptorsAreAllowed(t *testing.T) {
	v := newServer("poll")
	cs := v.accept(2, "held")
	v.t.Poll([]any{tracetest.Listener, trace.PollFD{FD: -1}, cs[0], cs[1], trace.PollFD{FD: 9, Object: "eventfd:1", Events: trace.In}}, cs[1])
	finds(t, PollCopies, v.End(), Pass, "1 hole, and 1 times another descriptor")
}

func TestSelectAboveItsSize(t *testing.T) {
	beyond := func(wrong func(*server, *tracetest.Client)) *trace.Recording {
		v := newServer("select")
		v.ask(10, v.accept(2, "held")...)
		late := v.Connect("late")
		v.t.AcceptAs(late, 1024)
		wrong(v, late)
		return v.End()
	}
	closes := func(v *server, c *tracetest.Client) { v.t.Close(c) }
	finds(t, SelectCaps1024, beyond(closes), Pass, "1 connection above descriptor 1023 turned away", "accept4(fd 3 = listener) = fd 1024 = c3", "close(fd 1024 = c3) = 0")
	watches := func(v *server, c *tracetest.Client) { v.live = append(v.live, c); v.wait(c) }
	finds(t, SelectCaps1024, beyond(watches), Fail, "descriptor 1024 is in a set")
	serves := func(v *server, c *tracetest.Client) { v.t.Read(c, 10).Close(c) }
	finds(t, SelectCaps1024, beyond(serves), Fail, "c3 got descriptor 1024 and was served")
	forgets := func(*server, *tracetest.Client) {}
	finds(t, SelectCaps1024, beyond(forgets), Fail, "c3 got descriptor 1024 and was never closed")
}
