package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestThreadPerConnectionIsNoReactor(t *testing.T) {
	rec := perConnection()
	finds(t, SingleReactor, rec, Fail, "no wait covers two connections")
	finds(t, MultiReactorThreads, rec, Fail, "does not wait for it")
	finds(t, MainOnlyAccepts, rec, Pass, "thread 100 accepted 10 connections and served none")
	finds(t, TimeSharing, rec, Fail, "11 threads")
}

func TestMultiReactors(t *testing.T) {
	threads, processes := mainAndSubs(false), mainAndSubs(true)
	finds(t, MultiReactorThreads, threads, Pass, "8 connections, accepted by thread 100, served by threads 101, 102 through 2 sets")
	finds(t, MultiReactorProcesses, processes, Pass, "served by threads 101, 102")
	finds(t, MultiReactorThreads, processes, Fail, "3 threads in 3 processes")
	finds(t, MultiReactorProcesses, threads, Fail, "3 threads in 1 process")
	for _, rec := range []*trace.Recording{threads, processes} {
		finds(t, MainOnlyAccepts, rec, Pass, "served none")
		finds(t, SubServes, rec, Pass, "8 connections, each served by one of threads 101, 102")
		finds(t, SingleReactor, rec, Fail, "3 threads did the clients' I/O")
		finds(t, ReadWorkSend, rec, Fail, "2 threads read and answered requests")
		finds(t, CreateCtlWait, rec, Pass, "8 connections added to 2 instances")
	}
}

func TestAMainReactorThatAlsoServes(t *testing.T) {
	v := newServer("level")
	cs := v.accept(4, "held")
	sub := v.Main().Spawn()
	own := sub.Epoll()
	sub.Add(own, cs[3], trace.In).Wait(own, cs[3]).Read(cs[3], 5).Write(cs[3], 5)
	v.ask(10, cs[:3]...)
	rec := v.End()
	finds(t, MainOnlyAccepts, rec, Fail, "thread 100 accepted 4 connections and also served c1", "accept4(fd 3 = listener) = fd 5 = c1", "read(fd 5 = c1, 4096) = 10")
}

func TestAConnectionThatChangesItsOwner(t *testing.T) {
	v := newServer("level")
	cs := v.accept(4, "held")
	v.ask(10, cs...)
	v.Main().Spawn().Read(cs[2], 5).Write(cs[2], 5)
	rec := v.End()
	finds(t, SubServes, rec, Fail, "threads 100, 101 touched c3")
}

func TestHandlingByAnotherThread(t *testing.T) {
	v := newServer("level")
	worker := v.Main().Spawn()
	v.handle = func(c *tracetest.Client, n int64) { worker.Read(c, n).Write(c, n) }
	cs := v.accept(4, "held")
	v.ask(10, cs...)
	finds(t, AcceptorAndHandler, v.End(), Fail, "4 reports handled by another thread than the one that waited", "read(fd 5 = c1, 4096) = 10")
}

func TestReportsThatNobodyHandles(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "held")
	v.ask(10, cs...)
	for range 5 {
		v.wait(cs[0])
	}
	finds(t, AcceptorAndHandler, v.End(), Fail, "4 reports not handled")
}

func TestAnotherThreadAnswers(t *testing.T) {
	v := newServer("level")
	worker := v.Main().Spawn()
	v.handle = func(c *tracetest.Client, n int64) { v.t.Read(c, n); worker.Write(c, n) }
	v.ask(10, v.accept(2, "held")...)
	finds(t, ReadWorkSend, v.End(), Fail, "thread 100 read c1 and thread 101 answered it", "read(fd 5 = c1, 4096) = 10", "write(fd 5 = c1, 10) = 10")
}
