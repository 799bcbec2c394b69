package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// threaded is a server in which one thread accepts and others serve.
func threaded(n int, thread func(s *tracetest.Story, i int) *tracetest.Thread, ends func(*tracetest.Thread)) *trace.Recording {
	s := tracetest.New()
	cs := s.Connects(n, "held")
	var serving []*tracetest.Thread
	for i, c := range cs {
		blockingAccept(s.Main(), c)
		serving = append(serving, thread(s, i))
		blockedExchange(serving[i], c)
	}
	for i, c := range cs {
		c.Leaves()
		serving[i].ReadBlocking(c, 0).Close(c)
		ends(serving[i])
	}
	return s.End()
}

func spawned(s *tracetest.Story, _ int) *tracetest.Thread { return s.Main().Spawn() }
func exits(t *tracetest.Thread)                           { t.Exits() }
func stays(*tracetest.Thread)                             {}

// pooled is a pool of threads with a queue: as many connections as there are threads are served at once, the others wait.
// More threads are made where late says so.
func pooled(size, rounds int, late bool) *trace.Recording {
	s := tracetest.New()
	var pool []*tracetest.Thread
	cs := s.Connects(size*rounds, "together")
	if late {
		blockingAccept(s.Main(), cs[0])
	}
	for range size {
		pool = append(pool, s.Main().Spawn())
	}
	for i, c := range cs {
		if !late || i > 0 {
			blockingAccept(s.Main(), c)
		}
	}
	for len(cs) > 0 {
		for i, c := range cs[:size] {
			blockedExchange(pool[i], c)
		}
		for i, c := range cs[:size] {
			c.Leaves()
			pool[i].ReadBlocking(c, 0).Close(c)
		}
		cs = cs[size:]
	}
	return s.End()
}

func TestAThreadForEachConnection(t *testing.T) {
	rec := threaded(10, spawned, exits)
	finds(t, ThreadPerConnection, rec, Pass, "10 connections, each served by a thread of its own; 10 were over")
	finds(t, CreatedAhead, rec, Fail, "thread 101, which serves c1, was made after the first accept", "accept4(fd 3 = listener) = fd 4 = c1")
	finds(t, TakesFromQueue, rec, Fail, "10 connections, and no thread served two")
	finds(t, PerClient, rec, Fail, "process 100 accepted c1 and serves it itself")
	finds(t, ThreadPerConnection, perConnection(), Inconclusive, "no connection ended before the server was stopped")
}

func TestThreadsThatStay(t *testing.T) {
	finds(t, ThreadPerConnection, threaded(10, spawned, stays), Fail, "10 of 10 threads stayed when their connection was over")
}

func TestThreadsThatWereThereBefore(t *testing.T) {
	s := tracetest.New()
	cs := s.Connects(4, "held")
	var ahead []*tracetest.Thread
	for range cs {
		ahead = append(ahead, s.Main().Spawn())
	}
	for i, c := range cs {
		blockingAccept(s.Main(), c)
		blockedExchange(ahead[i], c)
	}
	for i, c := range cs {
		c.Leaves()
		ahead[i].Close(c).Exits()
	}
	finds(t, ThreadPerConnection, s.End(), Fail, "4 of 4 threads were there before the first connection")
}

func TestAThreadPool(t *testing.T) {
	rec := pooled(3, 4, false)
	finds(t, CreatedAhead, rec, Pass, "3 threads served 12 connections, and all were there before")
	finds(t, TakesFromQueue, rec, Pass, "12 connections, up to 12 at once, served by 3 threads")
	finds(t, QueueLocked, rec, Pass, "12 connections, each taken by exactly one of 3 threads")
	finds(t, ThreadPerConnection, rec, Fail, "serves 4 connections, c", "accept4(fd 3 = listener) = fd 4 = c1")
	finds(t, BlockingBase, rec, Pass, "began before the client sent")
}

func TestAPoolThatGrows(t *testing.T) {
	finds(t, CreatedAhead, pooled(3, 4, true), Fail, "thread 101, which serves c1, was made after the first accept", "read(fd 4 = c1, 4096) = 10")
	finds(t, TakesFromQueue, pooled(3, 4, true), Pass, "served by 3 threads")
}

func TestAPoolWithMoreThreadsThanClients(t *testing.T) {
	s := tracetest.New()
	a, b := s.Main().Spawn(), s.Main().Spawn()
	for range 3 {
		cs := s.Connects(2, "short")
		for i, c := range cs {
			t := []*tracetest.Thread{a, b}[i]
			blockingAccept(s.Main(), c)
			blockedExchange(t, c)
		}
		for i, c := range cs {
			c.Leaves()
			[]*tracetest.Thread{a, b}[i].ReadBlocking(c, 0).Close(c)
		}
	}
	finds(t, TakesFromQueue, s.End(), Inconclusive, "never were more clients there than the 2 threads that served")
}

func TestAnAcceptorThatServes(t *testing.T) {
	rec := threaded(4, func(s *tracetest.Story, i int) *tracetest.Thread { return s.Main() }, stays)
	for _, p := range []Predicate{ThreadPerConnection, CreatedAhead, TakesFromQueue, QueueLocked} {
		finds(t, p, rec, Fail, "thread 100 accepted c1 and serves it itself", "read(fd 4 = c1, 4096) = 10")
	}
}

// What an unlocked queue does: one connection is taken twice, or another one not at all.
func TestAConnectionThatWasTakenTwice(t *testing.T) {
	s := tracetest.New()
	a, b := s.Main().Spawn(), s.Main().Spawn()
	cs := s.Connects(2, "held")
	blockingAccept(s.Main(), cs[0])
	blockingAccept(s.Main(), cs[1])
	blockedExchange(a, cs[0])
	b.ReadBlocking(cs[0], 10)
	blockedExchange(a, cs[1])
	rec := s.End()
	finds(t, QueueLocked, rec, Fail, "threads 101, 102 touched c1", "accept4(fd 3 = listener) = fd 4 = c1")
	finds(t, TakesFromQueue, rec, Fail, "threads 101, 102 touched c1")
}

func TestAConnectionThatWasLost(t *testing.T) {
	s := tracetest.New()
	a, b := s.Main().Spawn(), s.Main().Spawn()
	cs := s.Connects(3, "held")
	for _, c := range cs {
		blockingAccept(s.Main(), c)
	}
	blockedExchange(a, cs[0])
	blockedExchange(b, cs[1])
	cs[2].Ask(7)
	finds(t, QueueLocked, s.End(), Fail, "c3 was accepted, its client sent a request of 7 bytes, and no thread ever read it", "accept4(fd 3 = listener) = fd 6 = c3")
}

func TestAThreadThatServesTwoInTurn(t *testing.T) {
	s := tracetest.New()
	a := s.Main().Spawn()
	cs := s.Connects(3, "held")
	for _, c := range cs {
		blockingAccept(s.Main(), c)
	}
	for range 2 {
		for _, c := range cs {
			blockedExchange(a, c)
		}
	}
	rec := s.End()
	finds(t, TakesFromQueue, rec, Fail, "in turn")
	finds(t, QueueLocked, rec, Inconclusive, "one thread alone serves")
}

func TestAProcessThatServesForAnother(t *testing.T) {
	rec := newForker().serve(5)
	for _, p := range []Predicate{ThreadPerConnection, CreatedAhead, TakesFromQueue, QueueLocked} {
		finds(t, p, rec, Fail, "c1 is served in process 101, accepted in process 100")
	}
}
