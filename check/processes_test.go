package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// forker is a parent that accepts and forks. Tests make it misbehave by replacing what parent and child do.
type forker struct {
	*tracetest.Story
	parent *tracetest.Thread

	begins func(child *tracetest.Thread, c *tracetest.Client) // first thing in the child
	hands  func(c *tracetest.Client)                          // the parent, after the fork
	reaps  func(child *tracetest.Thread)                      // the parent, after the child's end
}

func newForker() *forker {
	f := &forker{Story: tracetest.New()}
	f.parent = f.Main()
	f.begins = func(child *tracetest.Thread, _ *tracetest.Client) { closesListener(child) }
	f.hands = func(c *tracetest.Client) { f.parent.Close(c) }
	f.reaps = func(child *tracetest.Thread) { waits(f.parent, child) }
	return f
}

func closesListener(t *tracetest.Thread) {
	t.Call("close", func(c *trace.Call) { c.FD, c.Object = 3, tracetest.Listener })
}

func waits(t, child *tracetest.Thread) {
	t.Call("wait4", func(c *trace.Call) { c.Result, c.Child = int64(child.PID), child.PID })
}

// serve lets clients come one after another and be there together, then leave one after another.
func (f *forker) serve(n int) *trace.Recording {
	cs := f.Connects(n, "held")
	var children []*tracetest.Thread
	for _, c := range cs {
		blockingAccept(f.parent, c)
		child := f.parent.Fork()
		f.hands(c)
		f.begins(child, c)
		blockedExchange(child, c)
		children = append(children, child)
	}
	zombies := 0
	for i, c := range cs {
		c.Leaves()
		children[i].ReadBlocking(c, 0).Exits()
		before := len(f.Rec.Calls)
		f.reaps(children[i])
		if len(f.Rec.Calls) == before {
			zombies++
		}
	}
	f.Mark("stop")
	rec := f.Cut()
	f.Put(trace.Record{End: &trace.End{At: f.Tick(), Calls: int64(len(rec.Calls)), Reason: "stopped", Zombies: zombies}})
	return rec
}

// blockingAccept takes a client from a blocking listener.
func blockingAccept(t *tracetest.Thread, c *tracetest.Client) {
	t.Accept(c)
	for _, call := range t.Story.Rec.Calls[len(t.Story.Rec.Calls)-1:] {
		call.Nonblock = false
	}
}

// blockedExchange is a read that begins before the client asks, and the answer.
func blockedExchange(t *tracetest.Thread, c *tracetest.Client) {
	read := t.Enter("read", func(call *trace.Call) {
		call.FD, call.Object, call.Want, call.Result = c.FD(t), c.Object, tracetest.Buffer, 10
	})
	c.Ask(10)
	t.Return(read)
	t.Call("write", func(call *trace.Call) {
		call.FD, call.Object, call.Want, call.Result = c.FD(t), c.Object, 10, 10
	})
	c.Answered()
}

var processClaims = map[string]string{
	"process.blocking-base":             "5 began before the client sent what they returned",
	"process.per-client":                "5 connections served by 5 processes, up to 5 at once",
	"process.parent-accepts":            "process 100 accepted 5 connections and made a process after each",
	"process.child-inherits-connection": "each read and written by a child of process 100",
	"process.child-drops-listener":      "none of 5 processes has the listener",
	"process.parent-drops-connection":   "never had more than 2",
	"process.zombies-are-reaped":        "5 child processes ended, 5 were waited for; 0 zombies",
}

func TestAGoodForkingServer(t *testing.T) {
	for id, observed := range processClaims {
		finds(t, ByClaim[id], newForker().serve(5), Pass, observed)
	}
	finds(t, ByTrait["process-per-connection"], newForker().serve(5), Pass, "made a process after each")
	finds(t, ByTrait["process-pool"], newForker().serve(5), Fail, "process 100 accepted c1, and another serves it")
	finds(t, ByTrait["thread-per-connection"], newForker().serve(5), Fail, "c1 is served in process 101, accepted in process 100")
}

// breaks asserts that of the process claims the server breaks exactly one.
func breaks(t *testing.T, make func() *forker, id, observed string, witness ...string) {
	t.Helper()
	for other := range processClaims {
		if other != id {
			finds(t, ByClaim[other], make().serve(5), Pass, "")
		}
	}
	finds(t, ByClaim[id], make().serve(5), Fail, observed, witness...)
}

func TestAParentThatNeverWaits(t *testing.T) {
	breaks(t, func() *forker {
		f := newForker()
		f.reaps = func(*tracetest.Thread) {}
		return f
	}, "process.zombies-are-reaped", "5 zombies when the server was told to stop; of 5 child processes that had ended, 5 were never waited for",
		"accept4(fd 3 = listener) = fd 4 = c1", "read(fd 4 = c1, 4096) = 10")
}

func TestAParentThatKeepsTheConnection(t *testing.T) {
	breaks(t, func() *forker {
		f := newForker()
		f.hands = func(*tracetest.Client) {}
		return f
	}, "process.parent-drops-connection", "process 100 still has 3 connections open, c1 among them, when it accepts c4",
		"accept4(fd 3 = listener) = fd 4 = c1", "accept4(fd 3 = listener) = fd 7 = c4")
}

func TestAChildThatKeepsTheListener(t *testing.T) {
	breaks(t, func() *forker {
		f := newForker()
		f.begins = func(*tracetest.Thread, *tracetest.Client) {}
		return f
	}, "process.child-drops-listener", "process 101 serves c1 and has the listener open, as descriptor 3", "write(fd 4 = c1, 10) = 10")
}

func TestANonblockingChild(t *testing.T) {
	breaks(t, func() *forker {
		f := newForker()
		f.begins = func(child *tracetest.Thread, c *tracetest.Client) {
			closesListener(child)
			child.ReadFails(c, "EAGAIN")
		}
		return f
	}, "process.blocking-base", "c1 is non-blocking", "read(fd 4 = c1, 4096) = EAGAIN")
}

func TestAParentThatAsksBeforeItAccepts(t *testing.T) {
	f := newForker()
	f.parent.Poll([]any{tracetest.Listener}, tracetest.Listener)
	finds(t, BlockingBase, f.serve(5), Fail, "thread 100 waits for readiness of listener")
}

func TestAChildThatServesASecondClient(t *testing.T) {
	f := newForker()
	var eldest *tracetest.Thread
	f.begins = func(child *tracetest.Thread, c *tracetest.Client) {
		closesListener(child)
		if eldest == nil {
			eldest = child
		}
	}
	cs := f.Connects(2, "held")
	blockingAccept(f.parent, cs[0])
	blockingAccept(f.parent, cs[1])
	child := f.parent.Fork()
	blockedExchange(child, cs[0])
	blockedExchange(child, cs[1])
	rec := f.End()
	finds(t, PerClient, rec, Fail, "process 101 serves 2 connections, c1 and c2 among them", "read(fd 4 = c1, 4096) = 10", "read(fd 5 = c2, 4096) = 10")
	finds(t, ParentAccepts, rec, Fail, "process 101 serves 2 connections")
}

func TestAnOlderChildThatServes(t *testing.T) {
	s := tracetest.New()
	parent := s.Main()
	children := []*tracetest.Thread{parent.Fork(), parent.Fork()}
	cs := s.Connects(2, "held")
	for i, c := range cs {
		parent.Accept(c)
		parent.Pass(c, children[i])
		blockedExchange(children[i], c)
	}
	rec := s.End()
	finds(t, ParentAccepts, rec, Fail, "process 101 serves c1, and was not made by process 100 after its accept")
	finds(t, InheritsConnection, rec, Fail, "c1 travelled in a message")
	finds(t, PerClient, rec, Pass, "2 connections served by 2 processes")
	finds(t, ZombiesReaped, rec, Inconclusive, "no process that had served a client ended")
}

// preforked is a server of two processes that each accept and serve, one connection at a time unless greedy.
func preforked(greedy bool) *trace.Recording {
	s := tracetest.New()
	workers := []*tracetest.Thread{s.Main().Fork(), s.Main().Fork()}
	for range 3 {
		cs := s.Connects(2, "short")
		for i, c := range cs {
			blockingAccept(workers[i], c)
			blockedExchange(workers[i], c)
		}
		for i, c := range cs {
			c.Leaves()
			workers[i].ReadBlocking(c, 0)
			if !greedy {
				workers[i].Close(c)
			}
		}
	}
	return s.End()
}

func TestAProcessPool(t *testing.T) {
	rec := preforked(false)
	finds(t, ProcessPool, rec, Pass, "6 connections accepted and served by 2 processes, one at a time each")
	finds(t, BlockingBase, rec, Pass, "6 began before")
	for id, observed := range map[string]string{
		"process.per-client": "process 101 accepted c1 and serves it itself", "process.parent-accepts": "processes 101 and 102 both accept",
		"process.child-inherits-connection": "serves it itself", "process.child-drops-listener": "serves it itself", "process.parent-drops-connection": "serves it itself",
	} {
		finds(t, ByClaim[id], rec, Fail, observed)
	}
	finds(t, ProcessPool, preforked(true), Fail, "while it has")
	finds(t, ProcessPool, perConnection(), Fail, "while it has")
}

func TestAFewClientsShowLittleOfProcesses(t *testing.T) {
	one, three := newForker().serve(1), newForker().serve(3)
	for _, id := range []string{"process.per-client", "process.parent-accepts", "process.child-inherits-connection", "process.child-drops-listener", "process.parent-drops-connection"} {
		finds(t, ByClaim[id], one, Inconclusive, "fewer than two accepted connections")
	}
	finds(t, DropsConnection, three, Inconclusive, "only 3 connections")
	finds(t, ProcessPool, one, Inconclusive, "fewer than two")
	cut := newForker().serve(5)
	cut.End = nil
	finds(t, ZombiesReaped, cut, Inconclusive, "cut short")
	s := tracetest.New()
	c := s.Connect("held")
	blockingAccept(s.Main(), c)
	c.Ask(10)
	s.Main().ReadBlocking(c, 10)
	finds(t, BlockingBase, s.End(), Inconclusive, "of 1 read none began before the request")
}
