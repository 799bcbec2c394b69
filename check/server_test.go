package check

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// The tests of this package tell stories of servers that make one mistake each, and assert what convicts them.

// server is a reactor in a story: one thread that waits with select, poll or epoll, level- or edge-triggered. Tests
// make it misbehave by replacing what it does at a step.
type server struct {
	*tracetest.Story
	t    *tracetest.Thread
	kind string
	ep   trace.Object
	live []*tracetest.Client

	wait   func(ready ...any)                 // one call of the demultiplexer
	add    func(c *tracetest.Client)          // after accept
	handle func(c *tracetest.Client, n int64) // a request of n bytes was reported
	drop   func(c *tracetest.Client)          // the client has left
}

func newServer(kind string) *server {
	v := &server{Story: tracetest.New(), kind: kind}
	v.t = v.Main()
	if kind == "level" || kind == "edge" {
		v.ep = v.t.Epoll()
		v.t.Add(v.ep, tracetest.Listener, trace.In)
	}
	v.wait, v.add, v.handle, v.drop = v.waitAll, v.register, v.answer, v.close
	return v
}

func (v *server) waitAll(ready ...any) {
	switch v.kind {
	case "select":
		v.t.Select(tracetest.Set(v.live...), ready...)
	case "poll":
		v.t.Poll(tracetest.Set(v.live...), ready...)
	default:
		v.t.Wait(v.ep, ready...)
	}
}

func (v *server) events() uint32 {
	if v.kind == "edge" {
		return trace.In | trace.Edge
	}
	return trace.In
}

func (v *server) register(c *tracetest.Client) {
	if v.ep != "" {
		v.t.Add(v.ep, c, v.events())
	}
}

// accept lets clients come, all at once.
func (v *server) accept(n int, role string) []*tracetest.Client {
	cs := v.Connects(n, role)
	v.wait(tracetest.Listener)
	for _, c := range cs {
		v.t.Accept(c)
		v.live = append(v.live, c)
		v.add(c)
	}
	v.t.AcceptFails("EAGAIN")
	return cs
}

// ask lets clients ask for n bytes each, all at once, and be answered.
func (v *server) ask(n int64, cs ...*tracetest.Client) {
	for _, c := range cs {
		c.Ask(n)
	}
	v.wait(anys(cs)...)
	for _, c := range cs {
		v.handle(c, n)
		c.Answered()
	}
}

// answer reads a request and writes it back: once per report when level-triggered, to the end when edge-triggered.
func (v *server) answer(c *tracetest.Client, n int64) {
	rest := n
	for rest >= tracetest.Buffer {
		v.t.Read(c, tracetest.Buffer)
		rest -= tracetest.Buffer
		if v.kind != "edge" {
			v.wait(c)
		}
	}
	if rest > 0 {
		v.t.Read(c, rest)
	}
	v.t.Write(c, n)
}

func (v *server) leave(cs ...*tracetest.Client) {
	for _, c := range cs {
		c.Leaves()
	}
	v.wait(anys(cs)...)
	for _, c := range cs {
		v.t.Read(c, 0)
		v.drop(c)
	}
}

func (v *server) close(c *tracetest.Client) {
	v.t.Close(c)
	v.live = slices.DeleteFunc(v.live, func(l *tracetest.Client) bool { return l == c })
}

// exercise is a small form of the standard load.
func (v *server) exercise() *trace.Recording {
	idle := v.accept(1, "idle")
	v.ask(10, idle...)
	held := v.accept(3, "held")
	for range 3 {
		for _, c := range held {
			v.ask(100, c)
		}
	}
	eight := v.accept(8, "together")
	v.ask(50, eight...)
	v.ask(2*tracetest.Buffer+7, v.accept(1, "big")...)
	v.leave(eight...)
	v.Mark("asleep")
	v.ask(10, v.accept(1, "short")...)
	v.Mark("phase quiet")
	v.Sleep(200 * time.Millisecond)
	v.Mark("phase end quiet")
	v.Mark("stop")
	return v.End()
}

func anys(cs []*tracetest.Client) []any {
	var out []any
	for _, c := range cs {
		out = append(out, c)
	}
	return out
}

// perConnection is a server with a thread for each connection, blocked in read.
func perConnection() *trace.Recording {
	s := tracetest.New()
	cs := s.Connects(10, "held")
	s.Main().Accept(cs...)
	for _, c := range cs {
		t := s.Main().Spawn()
		c.Ask(10)
		t.ReadBlocking(c, 10).Write(c, 10)
		c.Answered()
		c.Ask(10)
		t.ReadBlocking(c, 10).Write(c, 10)
		c.Answered()
	}
	return s.End()
}

// mainAndSubs is a main reactor and sub-reactors that each serve half of the clients: threads, or processes to which the
// connections travel.
func mainAndSubs(processes bool) *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In).Wait(ep, tracetest.Listener)
	cs := s.Connects(8, "held")
	main.Accept(cs...)
	for half := range 2 {
		mine := cs[half*4 : half*4+4]
		sub := main.Spawn
		if processes {
			sub = main.Fork
		}
		t := sub()
		own := t.Epoll()
		for _, c := range mine {
			if processes {
				main.Pass(c, t)
			}
			t.Add(own, c, trace.In)
		}
		for range 3 {
			for _, c := range mine {
				c.Ask(10)
			}
			t.Wait(own, anys(mine)...)
			for _, c := range mine {
				t.Read(c, 10).Write(c, 10)
				c.Answered()
			}
		}
	}
	main.Wait(ep)
	return s.End()
}

// nothing is a recording of a server that nobody used.
func nothing() *trace.Recording { return tracetest.New().End() }

// finds asserts what a predicate finds and that the finding is fit to be shown.
func finds(t *testing.T, p Predicate, rec *trace.Recording, want Outcome, observed string, witness ...string) {
	t.Helper()
	f := p(rec)
	require.Equal(t, want, f.Outcome, "%+v", f)
	require.Contains(t, f.Observed, observed)
	require.NotEmpty(t, f.Expected)
	require.LessOrEqual(t, len(f.Witness), maxWitnesses+1)
	if want == Fail {
		require.NotEmpty(t, f.Acquit)
		require.NotEmpty(t, f.Witness)
	}
	var texts []string
	for _, w := range f.Witness {
		texts = append(texts, w.Text)
	}
	for _, text := range witness {
		require.Contains(t, texts, text)
	}
}
