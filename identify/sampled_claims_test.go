package identify

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// verdict is what looks must say of a claim about a server that was made up for it. Quiet is a pass of a claim that they can
// only break.
type verdict struct {
	claim   string
	outcome check.Outcome
	server  string
	seen    *sample.Observation
}

const quiet check.Outcome = "nothing against it"

// unlike is a server of which each look shows something else.
func unlike(s server, change func(p *sample.Process, here []guest)) *sample.Observation {
	return s.with(func(all []sample.Process, here []guest) []sample.Process {
		for i := range all {
			change(&all[i], here)
		}
		return all
	}).observed()
}

// open lets processes keep descriptors that are not theirs to keep.
func open(s server, who func(p *sample.Process) bool, what func(here []guest) []sample.Descriptor) *sample.Observation {
	return unlike(s, func(p *sample.Process, here []guest) {
		if who(p) {
			p.Descriptors = append(p.Descriptors, what(here)...)
		}
	})
}

func isMaster(p *sample.Process) bool { return p.PID == main }
func isChild(p *sample.Process) bool  { return p.PID != main }

func doors([]guest) []sample.Descriptor { return []sample.Descriptor{door()} }

func connections(here []guest) []sample.Descriptor {
	var all []sample.Descriptor
	for _, g := range here {
		all = append(all, connection(g))
	}
	return all
}

// blocking gives connections without O_NONBLOCK.
func blocking(p *sample.Process, _ []guest) {
	for i := range p.Descriptors {
		p.Descriptors[i].Nonblock = false
	}
}

// empty leaves a process without sockets.
func empty(p *sample.Process, _ []guest) {
	if isChild(p) {
		p.Descriptors = nil
	}
}

// unreaped leaves so many zombies of children behind.
func unreaped(n int) *sample.Observation {
	o := forking().observed()
	after := o.Look("after")
	for i := range n {
		after.Processes = append(after.Processes, sample.Process{PID: guestOf(guest{port: 1 + i}), Parent: main, Zombie: true})
	}
	return o
}

// unfinished is one that was not seen any more when its clients had gone.
func unfinished(s server) *sample.Observation {
	o := s.observed()
	o.Looks = o.Looks[:len(o.Looks)-1]
	return o
}

// acceptsApart is a reactor with another thread that accepts.
func acceptsApart() *sample.Observation {
	return unlike(reactor(byEpoll(trace.In)), func(p *sample.Process, here []guest) {
		p.Descriptors[0] = epoll(4, watching(here, trace.In)...)
		p.Threads = append(p.Threads, asleepIn(60, trace.FamilyAccept, doorFD))
	})
}

// masterAccepts has a master that waits for guests as its workers do.
func masterAccepts() *sample.Observation {
	return unlike(workers(crowding, 1), func(p *sample.Process, _ []guest) {
		if isMaster(p) {
			p.Descriptors = append(p.Descriptors, epoll(4, doorbell(trace.In)))
			p.Threads[0] = asleepIn(main, trace.FamilyWait, 4)
		}
	})
}

// awake is one that did not rest in some looks.
func awake(s server, looks ...int) *sample.Observation {
	o := s.observed()
	for _, n := range looks {
		o.Looks[n].Rested = false
	}
	return o
}

// waking has a thread that runs again and again while nobody asks.
func waking(s server, times uint64) *sample.Observation {
	o := s.observed()
	for i := range o.Turns {
		if t := &o.Turns[i]; t.Kind == sample.Nothing {
			t.Ran = []sample.Run{{TID: main, PID: main, Slept: times}}
		}
	}
	return o
}

func blindly(s server) *sample.Observation { return without(s.observed(), refusal{calls: true}) }

// verdicts are about every claim that looks can judge, one at least of each outcome that they can have.
func verdicts() []verdict {
	level, edge := reactor(byEpoll(trace.In)), reactor(byEpoll(trace.In|trace.Edge))
	polls, selects := reactor(byArray(trace.FamilyPoll)), reactor(byArray(trace.FamilySelect))
	return slices.Concat(ofTasks(level), ofWaiting(level, edge, polls, selects), ofAccepting(level), []verdict{
		{"proactor.is-async", check.Pass, "its ring reads", reactor(byOperations).observed()},
		{"proactor.is-async", check.Fail, "its ring tells of readiness", reactor(byRing).observed()},
		{"proactor.is-async", check.Inconclusive, "no ring may be seen", without(reactor(byOperations).observed(), refusal{descriptors: true})},
		{"proactor.is-async-emulated", check.Pass, "others read for one", helping().observed()},
		{"proactor.is-async-emulated", check.Fail, "it waits for many", level.observed()},
		{"proactor.is-async-emulated", check.Fail, "nobody sleeps in a read", napping().observed()},
		{"proactor.is-async-emulated", check.Inconclusive, "where they sleep is not told", blindly(napping())},
		{"server.no-busy-loop", quiet, "it sleeps", level.observed()},
		{"server.no-busy-loop", quiet, "it wakes at times", waking(level, restlessSleeps)},
		{"server.no-busy-loop", check.Fail, "it never sleeps", awake(level, 0, 1, 2, 3, 4, 5)},
		{"server.no-busy-loop", check.Inconclusive, "it sleeps but once", awake(level, 0, 1, 2, 3, 4)},
		{"server.no-busy-loop", check.Inconclusive, "it wakes again and again", waking(level, restlessSleeps+1)},
	})
}

func ofTasks(level server) []verdict {
	never := restlessly(forking())
	return []verdict{
		{"process.per-client", check.Pass, "a child for each", forking().observed()},
		{"process.per-client", check.Fail, "children from the start", preforked(1).observed()},
		{"process.per-client", check.Inconclusive, "it never rests", never},
		{"process.child-drops-listener", check.Pass, "children without a door", forking().observed()},
		{"process.child-drops-listener", check.Fail, "children with a door", open(forking(), isChild, doors)},
		{"process.child-drops-listener", check.Inconclusive, "no children", level.observed()},
		{"process.child-drops-listener", check.Inconclusive, "what is open may not be seen", without(forking().observed(), refusal{descriptors: true})},
		{"process.parent-drops-connection", check.Pass, "a parent without guests", forking().observed()},
		{"process.parent-drops-connection", check.Fail, "a parent with guests", open(forking(), isMaster, connections)},
		{"process.parent-drops-connection", check.Inconclusive, "what is open may not be seen", without(forking().observed(), refusal{descriptors: true})},
		{"process.child-inherits-connection", check.Pass, "children with their guests", forking().observed()},
		{"process.child-inherits-connection", check.Fail, "children without", unlike(forking(), empty)},
		{"process.child-inherits-connection", check.Inconclusive, "no children", level.observed()},
		{"process.child-inherits-connection", check.Inconclusive, "what is open may not be seen", without(forking().observed(), refusal{descriptors: true})},
		{"process.zombies-are-reaped", check.Pass, "no zombies", forking().observed()},
		{"process.zombies-are-reaped", check.Fail, "all are zombies", unreaped(10)},
		{"process.zombies-are-reaped", check.Inconclusive, "few are", unreaped(2)},
		{"process.zombies-are-reaped", check.Inconclusive, "the end was not seen", unfinished(forking())},
		{"process.zombies-are-reaped", check.Inconclusive, "no children", level.observed()},
		{"process.per-client-prefork", check.Pass, "processes in turn", preforked(1).observed()},
		{"process.per-client-prefork", check.Fail, "processes made for each", forking().observed()},
		{"process.per-client-prefork", check.Fail, "processes with many", workers(crowding, 1).observed()},
		{"process.per-client-prefork", check.Inconclusive, "it never rests", never},
		{"thread.per-connection", check.Pass, "a thread for each", threaded().observed()},
		{"thread.per-connection", check.Fail, "threads in turn", pooled().observed()},
		{"thread.per-connection", check.Inconclusive, "it never rests", never},
		{"pool.created-ahead", quiet, "threads from the start", pooled().observed()},
		{"pool.created-ahead", check.Fail, "threads made for each", threaded().observed()},
		{"pool.created-ahead", check.Inconclusive, "it never rests", never},
	}
}

func ofWaiting(level, edge, polls, selects server) []verdict {
	return []verdict{
		{"mux.time-sharing", quiet, "one for all", level.observed()},
		{"mux.time-sharing", check.Fail, "several", subs().observed()},
		{"mux.time-sharing", check.Inconclusive, "it never rests", restlessly(level)},
		{"single.process-or-thread", quiet, "one for all", level.observed()},
		{"single.process-or-thread", check.Fail, "several", subs().observed()},
		{"single.process-or-thread", check.Inconclusive, "nothing may be seen of sets", without(level.observed(), refusal{calls: true, waits: true})},
		{"epoll.create-ctl-wait", check.Pass, "epoll", level.observed()},
		{"epoll.create-ctl-wait", check.Fail, "poll", polls.observed()},
		{"epoll.create-ctl-wait", check.Inconclusive, "select or poll", blindly(polls)},
		{"select.whole-set-in", quiet, "select", selects.observed()},
		{"select.whole-set-in", check.Fail, "poll", polls.observed()},
		{"select.whole-set-in", check.Inconclusive, "select or poll", blindly(selects)},
		{"poll.copies", quiet, "poll", polls.observed()},
		{"poll.copies", check.Fail, "epoll", level.observed()},
		{"poll.copies", check.Inconclusive, "select or poll", blindly(polls)},
		{"trigger.edge-nonblocking", check.Pass, "edge", edge.observed()},
		{"trigger.edge-nonblocking", check.Fail, "edge, blocking", unlike(edge, blocking)},
		{"trigger.edge-nonblocking", check.Inconclusive, "level", level.observed()},
		{"trigger.epoll-default-level", check.Pass, "level", level.observed()},
		{"trigger.epoll-default-level", check.Fail, "edge", edge.observed()},
		{"trigger.epoll-default-level", check.Inconclusive, "one shot", reactor(byEpoll(trace.In | trace.OneShot)).observed()},
		{"multi.sub-serves", check.Pass, "subs", subs().observed()},
		{"multi.sub-serves", check.Fail, "whoever is free", scheduling(level).observed()},
		{"multi.sub-serves", check.Inconclusive, "nothing may be seen of sets", without(subs().observed(), refusal{descriptors: true})},
	}
}

func ofAccepting(level server) []verdict {
	return []verdict{
		{"workers.same-dispatch", check.Pass, "one for both", level.observed()},
		{"workers.same-dispatch", check.Fail, "another accepts", acceptsApart()},
		{"workers.same-dispatch", check.Inconclusive, "nobody is seen at the door", blindly(level)},
		{"multi.main-only-accepts", check.Pass, "subs", subs().observed()},
		{"multi.main-only-accepts", check.Fail, "workers do both", workers(crowding, 1).observed()},
		{"multi.main-only-accepts", check.Fail, "one does both", level.observed()},
		{"multi.main-only-accepts", check.Inconclusive, "nobody is seen at the door", blindly(subs())},
		{"nginx.master", check.Pass, "a master apart", workers(crowding, 1).observed()},
		{"nginx.master", check.Fail, "a master at the door", masterAccepts()},
		{"nginx.master", check.Inconclusive, "nobody is seen at the door", blindly(workers(crowding, 1))},
		{"nginx.accept-lock", check.Pass, "one at a time", workers(locking, 1).observed()},
		{"nginx.accept-lock", check.Fail, "all at once", workers(crowding, 1).observed()},
		{"nginx.accept-lock", check.Inconclusive, "nobody is seen at the door", blindly(workers(locking, 1))},
		{"nginx.accept-lock-exclusive", check.Pass, "all, exclusive", workers(excluding, 1).observed()},
		{"nginx.accept-lock-exclusive", check.Fail, "all, not exclusive", workers(crowding, 1).observed()},
		{"nginx.accept-lock-exclusive", check.Inconclusive, "one at a time", workers(locking, 1).observed()},
		{"nginx.accept-lock-sharded", check.Pass, "a door for each", workers(sharding, 2).observed()},
		{"nginx.accept-lock-sharded", check.Pass, "a door for each, in accept", preforked(poolSize).observed()},
		{"nginx.accept-lock-sharded", check.Fail, "one door", workers(crowding, 1).observed()},
		{"nginx.accept-lock-sharded", check.Fail, "one door, in accept", blindly(preforked(1))},
		{"nginx.accept-lock-sharded", check.Inconclusive, "nobody is seen at the door", blindly(workers(sharding, 2))},
		{"nginx.accept-lock-sharded", check.Inconclusive, "somebody at one of several doors", blindly(preforked(poolSize))},
	}
}

// said is the outcome of a finding, quiet told apart.
func said(f check.Finding) check.Outcome {
	if f.Outcome == check.Inconclusive && strings.HasPrefix(f.Observed, "nothing that was seen is against it") {
		return quiet
	}
	return f.Outcome
}

func TestClaimsAreJudgedByLooks(t *testing.T) {
	had := map[string][]check.Outcome{}
	for _, v := range verdicts() {
		had[v.claim] = append(had[v.claim], v.outcome)
		t.Run(v.claim+"/"+v.server, func(t *testing.T) {
			f, judged := Look(v.seen).Judge(v.claim, nil)
			require.True(t, judged)
			require.Equal(t, v.outcome, said(f), f.Observed)
			require.Equal(t, BySampling, f.By)
			require.NotEmpty(t, f.Expected)
			require.NotEmpty(t, f.Observed)
			require.Equal(t, v.outcome == check.Fail, f.Acquit != "", "what would acquit is said of who is broken")
		})
	}
	for claim := range sampledClaims {
		kept := check.Pass
		if slices.Contains(onlyBroken, claim) {
			kept = quiet
		}
		require.Subset(t, had[claim], []check.Outcome{kept, check.Fail, check.Inconclusive}, claim)
	}
}

// TestTheBlindConvictAndAcquitNobodyElse: what is refused may leave a claim open; it neither breaks one that is kept, nor
// keeps one that is broken.
func TestTheBlindConvictAndAcquitNobodyElse(t *testing.T) {
	for _, v := range verdicts() {
		if !v.seen.Sight.Calls || !v.seen.Sight.Descriptors {
			continue // nothing is refused twice
		}
		sighted := Look(v.seen)
		for _, r := range refusals() {
			agrees(t, v.claim, sighted, Look(without(v.seen, r)), r)
		}
	}
}

// TestArchitecturesThatAreClaimed: a server is broken by its own looks where it claims to be another, and never kept: between
// two looks it might be anything.
func TestArchitecturesThatAreClaimed(t *testing.T) {
	for _, m := range madeUp {
		if m.architecture == Inconclusive {
			continue
		}
		looked := Look(m.server.observed())
		for _, a := range architectures {
			f, judged := looked.Judge(itsArchitecture, []string{"epoll", a.Trait})
			require.True(t, judged)
			want := check.Fail
			if a.Trait == m.architecture {
				want = quiet
			}
			require.Equal(t, want, said(f), "%s as a %s: %s", m.name, a.Trait, f.Observed)
		}
	}
	f, judged := Look(forking().observed()).Judge(itsArchitecture, []string{"epoll"})
	require.True(t, judged)
	require.Equal(t, check.Inconclusive, f.Outcome)
	_, judged = Look(forking().observed()).Judge("no.such-claim", nil)
	require.False(t, judged)
}
