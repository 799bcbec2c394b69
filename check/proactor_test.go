package check

import (
	"testing"
	"time"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// proactorStory is a Proactor in a story. Tests make it misbehave by replacing what it does at a step.
type proactorStory struct {
	*tracetest.Story
	t    *tracetest.Thread
	ring trace.Object

	begin    func()                                  // starts accepting
	welcome  func(c *tracetest.Client)               // is told of a client, and starts to receive
	answer   func(c *tracetest.Client, n int64)      // is told of a request of n bytes, answers it and receives on
	helpers  []*tracetest.Thread                     // of an emulated one
	blocked  map[*tracetest.Client]*trace.Call       // receives under way, of an emulated one
	in       map[*tracetest.Client]*tracetest.Thread // who blocks there
	next     int
	accepts  *trace.Call
	doorsman *tracetest.Thread
}

func start(op string, on any) tracetest.Start { return tracetest.Start{Op: op, On: on} }

// onRing is a Proactor on io_uring.
func onRing() *proactorStory {
	p := &proactorStory{Story: tracetest.New()}
	p.t = p.Main()
	p.ring = p.t.Ring()
	p.begin = func() { p.t.Turn(p.ring, start("ACCEPT", tracetest.Listener)) }
	p.welcome = func(c *tracetest.Client) {
		p.t.Turn(p.ring, tracetest.Done{Op: "ACCEPT", On: tracetest.Listener, Brings: c, More: true})
		p.t.Turn(p.ring, start("RECV", c))
	}
	p.answer = func(c *tracetest.Client, n int64) {
		p.t.Turn(p.ring, tracetest.Done{Op: "RECV", On: c, Result: int32(n)})
		p.t.Turn(p.ring, start("SEND", c), tracetest.Done{Op: "SEND", On: c, Result: int32(n)})
		p.t.Turn(p.ring, start("RECV", c))
	}
	return p
}

// emulated is a Proactor whose operations helper threads perform.
func emulated() *proactorStory {
	p := &proactorStory{Story: tracetest.New(), blocked: map[*tracetest.Client]*trace.Call{}, in: map[*tracetest.Client]*tracetest.Thread{}}
	p.t = p.Main()
	p.doorsman = p.t.Spawn()
	for range 30 {
		p.helpers = append(p.helpers, p.t.Spawn())
	}
	p.begin = func() {
		p.accepts = p.doorsman.Enter("accept4", func(c *trace.Call) { c.FD, c.Object = 3, tracetest.Listener })
	}
	p.welcome = func(c *tracetest.Client) {
		p.doorsman.AcceptReturns(p.accepts, c)
		p.begin()
		p.receive(c)
	}
	p.answer = func(c *tracetest.Client, n int64) {
		p.blocked[c].Result = n
		p.in[c].Return(p.blocked[c])
		p.helper().Call("sendto", func(call *trace.Call) { call.FD, call.Object, call.Want, call.Result = c.FD(p.t), c.Object, n, n })
		p.receive(c)
	}
	return p
}

func (p *proactorStory) helper() *tracetest.Thread {
	p.next++
	return p.helpers[p.next%len(p.helpers)]
}

// receive has a helper block in a read.
func (p *proactorStory) receive(c *tracetest.Client) {
	p.in[c] = p.helper()
	p.blocked[c] = p.in[c].Enter("recvfrom", func(call *trace.Call) { call.FD, call.Object, call.Want = c.FD(p.t), c.Object, 4096 })
}

// exercise is a small form of the standard load.
func (p *proactorStory) exercise() *trace.Recording {
	p.begin()
	for range 4 {
		c := p.Connect("idle")
		p.welcome(c)
		for range 3 {
			c.Ask(10)
			p.answer(c, 10)
			c.Answered()
		}
	}
	p.Mark("phase quiet")
	p.Sleep(200 * time.Millisecond)
	p.Mark("phase end quiet")
	p.Mark("stop")
	for c, call := range p.blocked {
		p.in[c].Stays(call)
	}
	if p.accepts != nil {
		p.doorsman.Stays(p.accepts)
	}
	return p.End()
}

var ofProactors = []string{
	"proactor.buffer-given-first", "proactor.both-dispatch-events-done", "proactor.initiator", "proactor.operation-processor",
	"proactor.calls-handler",
}

func TestGoodProactors(t *testing.T) {
	ring, helpers := onRing().exercise(), emulated().exercise()
	for _, id := range append(ofProactors, "proactor.is-async", "proactor.kernel-moves-data", "proactor", "io_uring") {
		finds(t, all()[id], ring, Pass, "")
	}
	for _, id := range append(ofProactors, "proactor.is-async-emulated", "emulated-proactor") {
		finds(t, all()[id], helpers, Pass, "")
	}
	for _, id := range []string{"proactor.is-async-emulated", "emulated-proactor", "proactor.reactor-is-sync", "proactor.both-dispatch-events"} {
		finds(t, all()[id], ring, Fail, "")
	}
	for _, id := range []string{"proactor.is-async", "proactor.kernel-moves-data", "proactor", "io_uring", "proactor.reactor-is-sync", "proactor.both-dispatch-events"} {
		finds(t, all()[id], helpers, Fail, "")
	}
}

func TestFilledWhen(t *testing.T) {
	for flags, says := range map[uint64]string{0: "(the default)", setupPolled: "(SQPOLL)", setupDeferred | 1<<12: "(DEFER_TASKRUN)"} {
		rec := rebuild(onRing().exercise(), func(c *trace.Call) bool {
			if c.Name == "io_uring_setup" {
				c.Flags = flags
			}
			return true
		})
		finds(t, IsAsync, rec, Pass, says)
	}
}

// A reactor on io_uring, which is told that a client is ready and reads by itself.
func TestPollsThenReads(t *testing.T) {
	p := onRing()
	p.begin = func() { p.t.Turn(p.ring, start("POLL_ADD", tracetest.Listener)) }
	p.welcome = func(c *tracetest.Client) {
		p.t.Turn(p.ring, tracetest.Done{Op: "POLL_ADD", On: tracetest.Listener, Result: 1})
		p.t.Accept(c)
		p.t.Turn(p.ring, start("POLL_ADD", tracetest.Listener), start("POLL_ADD", c))
	}
	p.answer = func(c *tracetest.Client, n int64) {
		p.t.Turn(p.ring, tracetest.Done{Op: "POLL_ADD", On: c, Result: 1})
		p.t.Read(c, n).Write(c, n).Turn(p.ring, start("POLL_ADD", c))
	}
	rec := p.exercise()
	finds(t, IsAsync, rec, Fail, "asks when a client is ready", "io_uring_enter(ring:1, POLL_ADD listener) = nothing")
	finds(t, BufferGivenFirst, rec, Fail, "with nothing to do, 4 of 4 connections have no receive under way")
	finds(t, KernelMovesData, rec, Fail, "a call moves bytes of c1", "read(fd 5 = c1, 4096) = 10")
	finds(t, DataThenEvent, rec, Fail, "12 of 12 requests")
	finds(t, Initiator, rec, Fail, "with nothing to do, no accept is under way")
	finds(t, OperationProcessor, rec, Fail, "calls by thread 100")
	finds(t, CallsHandler, rec, Fail, "12 of 12 requests")
	finds(t, ReactorIsSync, rec, Pass, "12 reads")
	finds(t, UsesRing, rec, Pass, "4 clients")
}

// Readiness first, and then operations: the kernel moves the data, but the buffer comes late.
func TestPollsThenReceives(t *testing.T) {
	p := onRing()
	p.begin = func() { p.t.Turn(p.ring, start("POLL_ADD", tracetest.Listener)) }
	p.welcome = func(c *tracetest.Client) {
		p.t.Turn(p.ring, tracetest.Done{Op: "POLL_ADD", On: tracetest.Listener, Result: 1, More: true})
		p.t.Turn(p.ring, start("ACCEPT", tracetest.Listener), tracetest.Done{Op: "ACCEPT", On: tracetest.Listener, Brings: c})
		p.t.Turn(p.ring, start("POLL_ADD", c))
	}
	p.answer = func(c *tracetest.Client, n int64) {
		p.t.Turn(p.ring, tracetest.Done{Op: "POLL_ADD", On: c, Result: 1, More: true})
		p.t.Turn(p.ring, start("RECV", c), tracetest.Done{Op: "RECV", On: c, Result: int32(n)})
		p.t.Turn(p.ring, start("SEND", c), tracetest.Done{Op: "SEND", On: c, Result: int32(n)})
	}
	rec := p.exercise()
	finds(t, IsAsync, rec, Fail, "asks when a client is ready")
	finds(t, BufferGivenFirst, rec, Fail, "nor had 8 of 8 requests, when they came")
	finds(t, Initiator, rec, Fail, "nor was one when 4 of 4 clients came")
	finds(t, KernelMovesData, rec, Pass, "120 bytes in and 120 out")
	finds(t, DataThenEvent, rec, Pass, "12 of 12")
	finds(t, CallsHandler, rec, Pass, "12 of 12")
}

func TestARingThatOnlyReceives(t *testing.T) {
	p := onRing()
	p.answer = func(c *tracetest.Client, n int64) {
		p.t.Turn(p.ring, tracetest.Done{Op: "RECV", On: c, Result: int32(n)})
		p.t.Write(c, n).Turn(p.ring, start("RECV", c))
	}
	rec := p.exercise()
	finds(t, IsAsync, rec, Fail, "12 calls that accept, read or write, by thread 100", "write(fd 5 = c1, 10) = 10")
	finds(t, KernelMovesData, rec, Fail, "a call moves bytes of c1")
	finds(t, OperationProcessor, rec, Fail, "12 calls by thread 100")
	finds(t, CallsHandler, rec, Fail, "12 of 12 requests")
	finds(t, BufferGivenFirst, rec, Pass, "")
	finds(t, DataThenEvent, rec, Pass, "")
}

// A completion may be found in memory, and answered, before the next call shows it.
func TestACompletionThatIsFoundEarly(t *testing.T) {
	p := onRing()
	p.answer = func(c *tracetest.Client, n int64) {
		p.t.Turn(p.ring)
		p.t.Turn(p.ring, start("SEND", c), tracetest.Meanwhile(c.Answered),
			tracetest.Done{Op: "RECV", On: c, Result: int32(n)}, tracetest.Done{Op: "SEND", On: c, Result: int32(n)})
		p.t.Turn(p.ring, start("RECV", c))
	}
	rec := p.exercise()
	for _, p := range []Predicate{IsAsync, DataThenEvent, CallsHandler, KernelMovesData, BufferGivenFirst} {
		finds(t, p, rec, Pass, "")
	}
}

func TestABufferThatIsGivenLate(t *testing.T) {
	p := onRing()
	receive := func(c *tracetest.Client) { p.t.Turn(p.ring, tracetest.Start{Op: "RECV", On: c, Bare: true}) }
	p.welcome = func(c *tracetest.Client) {
		p.t.Turn(p.ring, tracetest.Done{Op: "ACCEPT", On: tracetest.Listener, Brings: c, More: true})
		receive(c)
	}
	p.answer = func(c *tracetest.Client, n int64) {
		p.t.Turn(p.ring, tracetest.Done{Op: "RECV", On: c, Result: int32(n)})
		p.t.Turn(p.ring, start("SEND", c), tracetest.Done{Op: "SEND", On: c, Result: int32(n)})
		receive(c)
	}
	finds(t, BufferGivenFirst, p.exercise(), Fail, "4 of 4 connections have no receive under way")
}

// Bytes that no operation accounts for were moved by somebody else.
func TestBytesThatNobodyMoved(t *testing.T) {
	rec := onRing().exercise()
	half := func(loses string) *trace.Recording {
		return rebuild(rec, func(c *trace.Call) bool {
			if c.Ring != nil && len(c.Ring.Submitted)+len(c.Ring.Completed) > 0 {
				for i := range c.Ring.Submitted {
					if c.Ring.Submitted[i].Op == loses {
						c.Ring.Submitted[i].Op = "NOP"
					}
				}
			}
			return true
		})
	}
	finds(t, KernelMovesData, half("SEND"), Fail, "c1 sent 30 bytes and got 30, of which operations moved 30 and 0")
	finds(t, CallsHandler, half("SEND"), Fail, "12 of 12 requests")
	finds(t, DataThenEvent, half("RECV"), Fail, "12 of 12 requests")
	finds(t, IsAsync, half("RECV"), Inconclusive, "no operation that receives")

	rec = onRing().exercise()
	rec.End.Lost = 1
	lossy := rebuild(rec, func(c *trace.Call) bool {
		if c.Ring != nil {
			c.Ring.Completed = nil
		}
		return true
	})
	finds(t, KernelMovesData, lossy, Inconclusive, "missed by the observer")
}

// An emulated Proactor whose helpers wait for readiness, and whose handler reads.
func TestHandlerReads(t *testing.T) {
	p := emulated()
	p.answer = func(c *tracetest.Client, n int64) {
		p.helper().Poll([]any{c}, c)
		p.t.Read(c, n).Write(c, n)
	}
	p.welcome = func(c *tracetest.Client) {
		p.helper().Poll(tracetest.Set(), tracetest.Listener)
		p.t.Accept(c)
	}
	p.begin = func() {}
	rec := p.exercise()
	finds(t, HelpersBlock, rec, Fail, "asks when a client is ready")
	finds(t, BufferGivenFirst, rec, Fail, "4 of 4 connections")
	finds(t, DataThenEvent, rec, Fail, "12 of 12 requests")
	finds(t, Initiator, rec, Fail, "no accept is under way")
	finds(t, OperationProcessor, rec, Fail, "by thread 100")
	finds(t, CallsHandler, rec, Fail, "12 of 12 requests")
}

// A thread for each client blocks as helpers do, but it is that client's own.
func TestThreadsOfTheirOwn(t *testing.T) {
	p := emulated()
	own := map[*tracetest.Client]*tracetest.Thread{}
	welcome := p.welcome
	p.welcome = func(c *tracetest.Client) {
		welcome(c)
		own[c] = p.in[c]
	}
	p.answer = func(c *tracetest.Client, n int64) {
		p.blocked[c].Result = n
		own[c].Return(p.blocked[c])
		own[c].Call("sendto", func(call *trace.Call) { call.FD, call.Object, call.Want, call.Result = c.FD(p.t), c.Object, n, n })
		p.blocked[c] = own[c].Enter("recvfrom", func(call *trace.Call) { call.FD, call.Object, call.Want = c.FD(p.t), c.Object, 4096 })
	}
	rec := p.exercise()
	finds(t, OperationProcessor, rec, Fail, "4 clients of 4 have a thread of their own")
	finds(t, HelpersBlock, rec, Pass, "5 helper threads")
	finds(t, EmulatedProactor, rec, Fail, "a thread of their own")
}

func TestOneHelperIsNone(t *testing.T) {
	p := emulated()
	p.helpers = p.helpers[:1]
	p.doorsman = p.helpers[0]
	finds(t, HelpersBlock, p.exercise(), Fail, "one thread alone makes all calls")
}

func TestReactorThatMayBlock(t *testing.T) {
	v := newServer("level")
	v.handle = func(c *tracetest.Client, n int64) { v.t.ReadBlocking(c, n).Write(c, n) }
	finds(t, ReactorIsSync, v.exercise(), Fail, "can block")
}

func TestReactorThatDoesNotRead(t *testing.T) {
	v := newServer("level")
	ring := v.t.Ring()
	v.handle = func(c *tracetest.Client, n int64) {
		v.t.Turn(ring, start("RECV", c), tracetest.Done{Op: "RECV", On: c, Result: int32(n)}).Write(c, n)
	}
	finds(t, ReactorIsSync, v.exercise(), Fail, "c1 sent 10 bytes and was answered, and calls read 0 of them", "io_uring_enter(ring:1, RECV c1) = RECV c1 10")
}

// Who is told of one client and reads them all is told before it reads, though not of those.
func TestReactorThatIsToldOfOne(t *testing.T) {
	v := newServer("level")
	v.wait = func(ready ...any) { v.waitAll(first(ready, 1)...) }
	rec := v.exercise()
	finds(t, EventThenData, rec, Pass, "0 read without a report")
	finds(t, KernelReportsReady, rec, Fail, "without a report")
}

func TestReactorThatReadsUntold(t *testing.T) {
	v := newServer("level")
	v.wait = func(ready ...any) {
		if len(ready) > 0 && ready[0] == tracetest.Listener {
			v.waitAll(ready...)
		} else {
			v.waitAll()
		}
	}
	finds(t, EventThenData, v.exercise(), Fail, "read with no report of the client before")
}
