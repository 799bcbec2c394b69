package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// Each test is a server that makes one mistake, and what convicts it.

func TestASecondThreadReads(t *testing.T) {
	v := newServer("level")
	helper := v.Main().Spawn()
	v.handle = func(c *tracetest.Client, n int64) {
		if c.Role == "together" && c.Port%2 == 0 {
			helper.Read(c, n).Write(c, n)
			return
		}
		v.answer(c, n)
	}
	rec := v.exercise()
	finds(t, TimeSharing, rec, Fail, "2 threads did the clients' I/O", "read(fd 10 = c6, 4096) = 50")
	finds(t, SingleReactor, rec, Fail, "2 threads did the clients' I/O")
	finds(t, ReadWorkSend, rec, Fail, "2 threads read and answered requests")
	finds(t, MultiReactorThreads, rec, Fail, "threads 101, 100 touched c6")
	finds(t, OneAtATime, rec, Inconclusive, "2 threads handled requests, never two at a time")
}

func TestTwoThreadsHandleAtTheSameTime(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	other := main.Spawn()
	a, b := s.Connect("together"), s.Connect("together")
	main.Accept(a, b)
	a.Ask(10)
	b.Ask(10)
	main.Read(a, 10)
	other.Read(b, 10)
	main.Write(a, 10)
	other.Write(b, 10)
	a.Answered()
	b.Answered()
	finds(t, OneAtATime, s.End(), Fail, "thread 101 began with a request of c2 while thread 100 was at one of c1",
		"read(fd 4 = c1, 4096) = 10", "read(fd 5 = c2, 4096) = 10", "write(fd 4 = c1, 10) = 10", "write(fd 5 = c2, 10) = 10")
}

// Redis executes what it reads at once, and writes the replies at the end of its turn.
func TestReadingAllThenWritingAllIsOneAtATime(t *testing.T) {
	s := tracetest.New()
	cs := s.Connects(5, "together")
	s.Main().Accept(cs...)
	for _, c := range cs {
		c.Ask(10)
	}
	for _, c := range cs {
		s.Main().Read(c, 10)
	}
	for _, c := range cs {
		s.Main().Write(c, 10)
		c.Answered()
	}
	finds(t, OneAtATime, s.End(), Pass, "thread 100 handled 5 requests, with up to 5 waiting")
}

// A piece of a request may wait for the rest while another thread serves others.
func TestHalfARequestIsNotBeingHandled(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	other := main.Spawn()
	half, quick := s.Connect("half"), s.Connect("held")
	main.Accept(half, quick)
	half.Ask(10)
	quick.Ask(10)
	main.Read(half, 5)
	other.Read(quick, 10).Write(quick, 10)
	main.Read(half, 5).Write(half, 10)
	finds(t, OneAtATime, s.End(), Inconclusive, "never two at a time")
}

func TestRoomForOneEvent(t *testing.T) {
	v := newServer("level")
	cs := v.accept(8, "together")
	for _, c := range cs {
		c.Ask(10)
	}
	for _, c := range cs {
		v.t.WaitFor(v.ep, -1, 1, c).Read(c, 10).Write(c, 10)
		c.Answered()
	}
	// The first wait, for the listener alone, covered no client.
	finds(t, ManyEventsOneCall, v.End(), Fail, "8 waits, each with room for 1 event, though up to 8 requests were waiting",
		"epoll_wait(epoll:1 with 8 clients) = c1 in")
}

func TestRoomForOneEventUnderLightLoad(t *testing.T) {
	v := newServer("level")
	for _, c := range v.accept(4, "held") {
		c.Ask(10)
		v.t.WaitFor(v.ep, -1, 1, c).Read(c, 10).Write(c, 10)
		c.Answered()
	}
	finds(t, ManyEventsOneCall, v.End(), Inconclusive, "at most 1 request were on their way at once")
}

func TestBusyTries(t *testing.T) {
	v := newServer("level")
	cs := v.accept(3, "held")
	v.ask(10, cs...)
	for range 4 {
		for _, c := range cs {
			v.t.ReadFails(c, "EAGAIN")
		}
	}
	// The first look at each after its request is part of the turn in which it was reported.
	finds(t, KernelReportsReady, v.End(), Fail, "9 of 15 reads without a report that names the connection, 9 of them found nothing",
		"read(fd 5 = c1, 4096) = EAGAIN")
}

func TestReadsWithoutWaiting(t *testing.T) {
	finds(t, KernelReportsReady, perConnection(), Fail, "20 of 20 reads without a report")
}

func TestReadingOnAfterAFullReadNeedsNoNewReport(t *testing.T) {
	v := newServer("edge")
	cs := v.accept(2, "big")
	for _, c := range cs {
		c.Ask(3 * tracetest.Buffer)
	}
	// A fair server: one slice of each in turn, looking for others in between without sleeping.
	v.wait(anys(cs)...)
	for range 3 {
		for _, c := range cs {
			v.t.Read(c, tracetest.Buffer)
		}
		v.t.WaitFor(v.ep, 0, 64)
	}
	for _, c := range cs {
		v.t.ReadFails(c, "EAGAIN").Write(c, 3*tracetest.Buffer)
		c.Answered()
	}
	rec := v.End()
	finds(t, KernelReportsReady, rec, Pass, "8 reads")
	finds(t, EdgeMustDrain, rec, Pass, "2 reports drained")
}

func TestOneLookStraightAfterAccept(t *testing.T) {
	v := newServer("level")
	v.add = func(c *tracetest.Client) {
		v.register(c)
		v.t.ReadFails(c, "EAGAIN")
	}
	cs := v.accept(4, "held")
	v.ask(10, cs...)
	finds(t, KernelReportsReady, v.End(), Pass, "4 straight after accept, 0 without")
}

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

func TestASham(t *testing.T) {
	// A server "on poll" that makes one poll call for show, and is woken by epoll.
	v := newServer("level")
	cs := v.accept(3, "held")
	v.t.Poll(tracetest.Set(cs...))
	v.ask(10, cs...)
	rec := v.End()
	finds(t, UsesPoll, rec, Fail, "it waits with epoll_wait, for up to 3 at once", "epoll_wait(epoll:1 with 3 clients) = c1 in, c2 in, c3 in")
	finds(t, PollCopies, rec, Fail, "it waits with epoll_wait")
	finds(t, UsesEpoll, rec, Pass, "epoll_wait for up to 3 connections")
	finds(t, CreateCtlWait, rec, Fail, "connections are waited for with poll, too", "poll(listener, c1, c2, c3) = 0")
}

func TestAnInstanceThatIsNeverWaitedOn(t *testing.T) {
	s := tracetest.New()
	ep := s.Main().Epoll()
	cs := s.Connects(3, "held")
	s.Main().Accept(cs...)
	for _, c := range cs {
		s.Main().Add(ep, c, trace.In)
		c.Ask(5)
		s.Main().Spawn().ReadBlocking(c, 5).Write(c, 5)
		c.Answered()
	}
	finds(t, UsesEpoll, s.End(), Fail, "with up to 3 connections open, each is waited for on its own", "read(fd 5 = c1, 4096) = 5")
}

func TestWaitingBeforeAdding(t *testing.T) {
	v := newServer("level")
	v.add = func(c *tracetest.Client) {
		if c.Port != tracetest.FirstPort+1 {
			v.register(c)
		}
	}
	cs := v.accept(3, "held")
	v.ask(10, cs[0])
	v.t.Read(cs[1], 10)
	v.wait()
	finds(t, CreateCtlWait, v.End(), Fail, "thread 100 accepted c2 and waited without having added it",
		"accept4(fd 3 = listener) = fd 6 = c2", "epoll_wait(epoll:1 with 2 clients) = c1 in")
}

func TestAListenerThatIsNotAdded(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	cs := s.Connects(2, "held")
	main.Accept(cs...)
	for _, c := range cs {
		main.Add(ep, c, trace.In)
	}
	main.Wait(ep, anys(cs)...).Read(cs[0], 1).Wait(ep)
	finds(t, CreateCtlWait, s.End(), Fail, "the listener was never added")
}

func TestRegisteringForEachWait(t *testing.T) {
	for name, again := range map[string]func(*server, *tracetest.Client){
		"MOD":         func(v *server, c *tracetest.Client) { v.t.Mod(v.ep, c, trace.In) },
		"DEL and ADD": func(v *server, c *tracetest.Client) { v.t.Del(v.ep, c).Add(v.ep, c, trace.In) },
	} {
		t.Run(name, func(t *testing.T) {
			v := newServer("level")
			cs := v.accept(2, "held")
			for range 4 {
				for _, c := range cs {
					again(v, c)
				}
				v.ask(10, cs...)
			}
			finds(t, InterestKeptInKernel, v.End(), Fail, "c1 was registered again as it was, 4 times, in 5 waits")
		})
	}
}

func TestAPauseIsAChange(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "big")
	for range 4 { // reading paused while the reply is stuck
		v.t.Wait(v.ep, cs[0]).Read(cs[0], 10).Del(v.ep, cs[0]).Wait(v.ep, cs[1]).Read(cs[1], 10).Add(v.ep, cs[0], trace.In)
	}
	v.ask(10, cs...)
	finds(t, InterestKeptInKernel, v.End(), Pass, "2 connections added, 4 changes")
}

// An event loop may queue what follows an accept, and look at its set before it comes to it.
func TestALookBeforeAdding(t *testing.T) {
	v := newServer("level")
	v.add = func(c *tracetest.Client) { v.t.WaitFor(v.ep, 0, 64).Add(v.ep, c, trace.In) }
	v.ask(10, v.accept(3, "held")...)
	finds(t, CreateCtlWait, v.End(), Pass, "3 connections added to 1 instance")
}

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

func TestChangesOfInterestAreKept(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "big")
	for range 4 { // a reply that gets stuck: EPOLLOUT armed and disarmed
		v.t.Wait(v.ep, cs[0]).Read(cs[0], 10).WriteShort(cs[0], 0).Mod(v.ep, cs[0], trace.In|trace.Out)
		v.t.Wait(v.ep, tracetest.On{What: cs[0], Events: trace.Out}).Write(cs[0], 10).Mod(v.ep, cs[0], trace.In)
	}
	finds(t, InterestKeptInKernel, v.End(), Pass, "2 connections added, 8 changes")
	v = newServer("level")
	cs = v.accept(2, "held")
	for range 5 {
		v.t.Mod(v.ep, cs[0], trace.In|trace.OneShot).Wait(v.ep, cs[0]).Read(cs[0], 10)
	}
	finds(t, InterestKeptInKernel, v.End(), Pass, "2 connections added, 5 changes")
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
