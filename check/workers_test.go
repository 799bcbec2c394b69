package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

const (
	toWorker   trace.Object = "socket:80" // the reactor's end of a pair
	fromWorker trace.Object = "socket:81" // the worker's
	wake       trace.Object = "eventfd:8"
)

// delegating is a single reactor that lets a worker do the work: a thread, which wakes it, or a process, with which it
// exchanges messages. Spoil replaces what happens between the read and the answer of the n-th request.
func delegating(process bool, spoil func(n int, v *server, w *tracetest.Thread) (done bool)) *trace.Recording {
	v := newServer("level")
	v.t.Call("eventfd2", func(c *trace.Call) { c.Made = []trace.FD{{FD: 80, Object: wake}} })
	v.t.Call("socketpair", func(c *trace.Call) { c.Made = []trace.FD{{FD: 81, Object: toWorker}, {FD: 82, Object: fromWorker}} })
	start := v.t.Spawn
	if process {
		start = v.t.Fork
	}
	w, n := start(), 0
	read := func(c *tracetest.Client, bytes int64) { v.t.Read(c, bytes) }
	work := func() {
		if n++; spoil != nil && spoil(n, v, w) {
			return
		}
		if process {
			says(v.t, "sendto", toWorker)
			says(w, "recvfrom", fromWorker)
			says(w, "sendto", fromWorker)
			says(v.t, "recvfrom", toWorker)
		} else {
			says(w, "write", wake)
			says(v.t, "read", wake)
		}
	}
	for _, cs := range [][]*tracetest.Client{v.accept(4, "held"), v.accept(4, "together")} {
		for range 3 {
			for _, c := range cs {
				c.Ask(10)
			}
			v.wait(anys(cs)...)
			for _, c := range cs {
				read(c, 10)
			}
			for _, c := range cs {
				work()
				v.t.Write(c, 10)
				c.Answered()
			}
		}
	}
	v.Mark("stop")
	return v.End()
}

func TestWorkersCompute(t *testing.T) {
	threads, processes := delegating(false, nil), delegating(true, nil)
	finds(t, SingleReactorThreads, threads, Pass, "24 requests answered after word from thread 101; 0 without")
	finds(t, SingleReactorProcesses, processes, Pass, "24 requests answered after word from thread 101; 0 without")
	finds(t, SingleReactorThreads, processes, Fail, "thread 101 of process 101 works for thread 100 of process 100")
	finds(t, SingleReactorProcesses, threads, Fail, "thread 101 of process 100 works for thread 100 of process 100")
	finds(t, BothWays, processes, Pass, "24 requests sent to other processes and back, several at once")
	finds(t, BothWays, threads, Fail, "the work for c1 is done in the same process, 100")
	for _, rec := range []*trace.Recording{threads, processes} {
		finds(t, SameDispatch, rec, Pass, "thread 100 waits on epoll:1 and accepted 8 connections")
		finds(t, HandlerOnlyIO, rec, Pass, "thread 100 reads and writes all of 8 connections")
		finds(t, WorkerComputes, rec, Pass, "24 requests answered after word from thread 101")
		finds(t, NoIPC, rec, Fail, "thread 100, which serves, exchanges words with thread 101")
		finds(t, SingleReactor, rec, Pass, "")
		finds(t, MultiReactorSingle, rec, Fail, "one set only")
	}
	finds(t, ThreeObjects, delegating(false, nil), Fail, "of 24 requests none was answered without another call")
}

func TestAReactorThatWorksItself(t *testing.T) {
	rec := delegating(false, func(n int, _ *server, _ *tracetest.Thread) bool { return n > 4 })
	finds(t, WorkerComputes, rec, Fail, "thread 100 read and answered", "read(fd 5 = c1, 4096) = 10")
	finds(t, SingleReactorThreads, rec, Fail, "with no word from another")
	finds(t, BothWays, rec, Fail, "with no word from another")
}

func TestAResultThatNobodyAskedFor(t *testing.T) {
	rec := delegating(true, func(_ int, v *server, w *tracetest.Thread) bool {
		says(w, "sendto", fromWorker)
		says(v.t, "recvfrom", toWorker)
		return true
	})
	finds(t, WorkerComputes, rec, Pass, "24 requests")
	finds(t, BothWays, rec, Fail, "a result for c1 came, and no message had gone out")
}

func TestAWorkerThatAnswersItself(t *testing.T) {
	v := newServer("level")
	w := v.Main().Spawn()
	v.handle = func(c *tracetest.Client, n int64) { v.t.Read(c, n); w.Write(c, n) }
	v.ask(10, v.accept(3, "held")...)
	rec := v.End()
	for _, p := range []Predicate{HandlerOnlyIO, WorkerComputes, SingleReactorThreads, BothWays, NoIPC, ThreeObjects, OneAmongOthers} {
		finds(t, p, rec, Fail, "2 threads did the clients' I/O")
	}
	finds(t, SameDispatch, rec, Pass, "accepted 3 connections")
}

func TestServesWhatItDoesNotWaitFor(t *testing.T) {
	v := newServer("level")
	cs := v.accept(3, "held")
	v.ask(10, cs...)
	c := v.Connect("held")
	v.t.Accept(c).ReadBlocking(c, 10).Write(c, 10)
	rec := v.End()
	finds(t, HandlerOnlyIO, rec, Fail, "thread 100 serves c4 and does not wait for it")
	finds(t, TwoParts, rec, Fail, "c4 is served and in no set with others")
}

// A client that has sent all that it would, and its end, before the server looks is served at once: nothing is left to
// wait for. It is something else to wait in between, for others.
func TestServedWholeAtOnce(t *testing.T) {
	for name, test := range map[string]struct {
		between func(v *server, c *tracetest.Client)
		want    Outcome
	}{
		"at once":                   {func(*server, *tracetest.Client) {}, Pass},
		"after a wait for others":   {func(v *server, _ *tracetest.Client) { v.wait(tracetest.Listener) }, Fail},
		"after it found nothing":    {func(v *server, c *tracetest.Client) { v.t.ReadFails(c, "EAGAIN") }, Fail},
		"with a read that may wait": {func(v *server, c *tracetest.Client) { v.t.ReadBlocking(c, 10) }, Fail},
	} {
		v := newServer("level")
		v.ask(10, v.accept(3, "held")...)
		c := v.Connect("held")
		v.t.Accept(c).Read(c, 10)
		test.between(v, c)
		v.t.Write(c, 10).Read(c, 0)
		rec := v.End()
		for _, p := range []Predicate{TwoParts, HandlerOnlyIO} {
			require.Equal(t, test.want, p(rec).Outcome, "%s: %+v", name, p(rec))
		}
	}
}

// A worker with little to do has the listener and one connection at a time.
func TestOneConnectionBesideTheListener(t *testing.T) {
	v := newServer("level")
	v.ask(10, v.accept(3, "held")...)
	w := v.Main().Fork()
	ep := w.Epoll()
	w.Add(ep, tracetest.Listener, trace.In)
	c := v.Connect("late")
	w.Accept(c).Add(ep, c, trace.In)
	c.Ask(10)
	w.Wait(ep, c).Read(c, 10).Write(c, 10)
	c.Answered()
	finds(t, TwoParts, v.End(), Pass, "dispatched by threads 100, 101")
}

func TestSeveralAcceptors(t *testing.T) {
	finds(t, SameDispatch, turns(), Fail, "threads 101, 102 accept")
	finds(t, SameDispatch, perConnection(), Fail, "no wait covers two connections")
	finds(t, SameDispatch, mainAndSubs(false), Fail, "2 sets, each with several connections")
	finds(t, TwoParts, mainAndSubs(false), Pass, "dispatched by threads 101, 102, received and sent by threads 101, 102")
	finds(t, TwoParts, perConnection(), Fail, "no wait covers two connections")
}

func TestALookBetweenARequestAndItsAnswer(t *testing.T) {
	for timeout, want := range map[trace.Time]Outcome{0: Pass, 1: Fail, -1: Fail} {
		v := newServer("level")
		v.handle = func(c *tracetest.Client, n int64) { v.t.Read(c, n).WaitFor(v.ep, timeout, 64).Write(c, n) }
		for _, c := range v.accept(3, "held") {
			v.ask(10, c)
		}
		require.Equal(t, want, ThreeObjects(v.End()).Outcome, "a wait for %d ns", timeout)
	}
}

func TestWhoServesAcceptsAndDoesNotWait(t *testing.T) {
	s := tracetest.New()
	c := s.Connect("held")
	blockingAccept(s.Main(), c)
	blockedExchange(s.Main(), c)
	finds(t, ThreeObjects, s.End(), Fail, "thread 100 accepts and serves, and waits for nobody")
}

func TestConnectionsThatAreSentAway(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "held")
	v.ask(10, cs...)
	v.t.Pass(cs[0], v.t.Fork())
	finds(t, NoIPC, v.End(), Fail, "c1 was sent to another process")
}

func TestSeveralSetsInOneThread(t *testing.T) {
	s := tracetest.New()
	t1 := s.Main()
	for range 2 {
		ep, cs := t1.Epoll(), s.Connects(2, "held")
		for _, c := range cs {
			t1.Accept(c).Add(ep, c, trace.In)
			c.Ask(10)
		}
		t1.Wait(ep, anys(cs)...)
		for _, c := range cs {
			t1.Read(c, 10).Write(c, 10)
			c.Answered()
		}
	}
	rec := s.End()
	finds(t, MultiReactorSingle, rec, Pass, "thread 100 waits on 2 sets, with several connections each")
	finds(t, SingleReactor, rec, Fail, "2 sets")
	finds(t, MultiReactorSingle, perConnection(), Fail, "11 threads did the clients' I/O")
}

// TestASetMadeAnew counts as the one that it takes the place of. Two that are used in turns are two.
func TestASetMadeAnew(t *testing.T) {
	for _, back := range []bool{false, true} {
		s := tracetest.New()
		t1 := s.Main()
		cs := s.Connects(2, "held")
		t1.Accept(cs...)
		use := func(ep trace.Object) {
			for _, c := range cs {
				c.Ask(10)
			}
			t1.Wait(ep, anys(cs)...)
			for _, c := range cs {
				t1.Read(c, 10).Write(c, 10)
				c.Answered()
			}
		}
		var sets []trace.Object
		for n := range 2 {
			sets = append(sets, t1.Epoll())
			for _, c := range cs {
				t1.Add(sets[n], c, trace.In)
			}
			use(sets[n])
		}
		if back {
			use(sets[0])
		}
		rec := s.End()
		finds(t, SingleReactor, rec, map[bool]Outcome{false: Pass, true: Fail}[back], "")
		finds(t, MultiReactorSingle, rec, map[bool]Outcome{false: Fail, true: Pass}[back], "")
	}
}

func TestTasksAreCounted(t *testing.T) {
	v := newServer("level")
	v.Main().Spawn()
	v.Main().Fork()
	v.ask(10, v.accept(3, "held")...)
	f := OneAmongOthers(v.End())
	require.Equal(t, Pass, f.Outcome)
	require.Equal(t, "the server had 3 tasks in all", f.Witness[len(f.Witness)-1].Text)
}

func TestAnotherThreadAccepts(t *testing.T) {
	v := newServer("level")
	acceptor := v.Main().Spawn()
	cs := v.Connects(4, "held")
	for _, c := range cs {
		acceptor.Accept(c)
		v.t.Add(v.ep, c, trace.In)
	}
	v.ask(10, cs...)
	rec := v.End()
	finds(t, SameDispatch, rec, Fail, "thread 100 on epoll:1, and thread 101 accepts")
	finds(t, HandlerOnlyIO, rec, Pass, "thread 100 reads and writes all of 4 connections")
	finds(t, SingleReactor, rec, Fail, "2 threads did the clients' I/O")
}
