package identify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// BySampling is the Source of an identity that rests on looks at /proc.
const BySampling = "sampling"

// Sampled tells what a server is from looks at it, where its calls could not be recorded. The questions and the architectures
// are the same; questions that looks cannot answer are open, and the answer is inconclusive where it depends on them.
func Sampled(o *sample.Observation, about About) Identity {
	l := Look(o)
	v, signs := l.view, l.signs
	fits := rank(signs)
	id := Identity{Schema: Schema, Source: BySampling, Unseen: unseen(o.Sight), Command: o.Command, Address: o.Address, Confidence: confidence(fits)}
	if id.Confidence == High {
		id.Confidence = Medium // what happened between two looks was not seen
	}
	if id.Confidence == None {
		id.Architecture = Inconclusive
	} else {
		id.Architecture = fits[0].arch.Trait
	}
	id.Why = why(signs, fits, id.Confidence)
	id.Settle = settle(signs, fits)
	id.RunnerUp, id.Apart = runnerUp(signs, fits)
	id.Demultiplexer, id.Trigger = sampledDemultiplexer(v, signs), sampledTrigger(v)
	id.Accept = sampledAccepting(v, id.Architecture)
	id.Candidates, id.Claims = candidates(func(claim string) (check.Finding, bool) { return l.Judge(claim, nil) }, fits, id.axes(), about)
	id.Facts = sampledFacts(v)
	return id
}

// unseen says what of an identity looks cannot show.
func unseen(sight sample.Sight) []string {
	all := []string{"system calls one by one: who reads and who writes, in which order, whether a read blocks or finds nothing, wake-ups in vain"}
	for _, what := range sight.Blind {
		all = append(all, "refused: "+what)
	}
	return all
}

// sampledAnswers answers each question from looks.
var sampledAnswers = map[string]func(*sample.View) reply{
	"kernel-operates": sampledKernel, "waits-for-many": sampledWaits, "own-process": sampledOwnProcess,
	"several-processes": sampledProcesses, "process-one-at-a-time": sampledProcessTurns, "one-thread": sampledOneThread,
	"one-waiter": sampledOneWaiter, "several-sets": sampledSeveralSets, "one-owner": sampledOneOwner, "owner-waits": sampledOwnerWaits,
	"several-owners": sampledOwners, "scheduled": sampledScheduled,
	"work-in-threads": sampledWorkInThreads, "work-in-processes": sampledWorkInProcesses,
	"thread-one-at-a-time": sampledThreadTurns, "thread-made": sampledThreadMade, "thread-ends": sampledThreadEnds,
	"thread-reused": sampledThreadReused, "connections-wait": sampledConnectionsWait,
}

// telling adds what was seen, line by line.
func (r reply) telling(lines ...string) reply {
	r.told = lines
	return r
}

// sampledIdle answers for a server of which nothing can be told: nobody used it, or it never rests.
func sampledIdle(v *sample.View) *reply {
	var r reply
	switch {
	case len(v.Turns) == 0:
		r = unknown(loadPtrace, "it never rests, so that nobody can tell who runs for a client")
	case len(v.Conns) < 2:
		r = unknown(loadAtOnce, "never were two clients served at the same time")
	default:
		return nil
	}
	return &r
}

// loadPtrace is what settles a question that looks cannot answer.
const loadPtrace = "a recording of its system calls: run where ptrace is allowed"

// ran tells who ran for a connection.
func ran(c *sample.Conn) string {
	return fmt.Sprintf("client port %d: %s ran for each of %s", c.Port, threadList(c.Servers), plural(len(c.Requests), "request"))
}

func ranAll(conns []*sample.Conn) []string {
	var lines []string
	for _, c := range first(conns, 4) {
		lines = append(lines, ran(c))
	}
	return lines
}

// sampledKernel: operations that move data wait in a ring for the connections.
func sampledKernel(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	if !v.Sight.Descriptors {
		return unknown(loadPtrace, "its descriptors may not be seen")
	}
	most, clients, ring := 0, 0, ""
	for _, look := range v.Looks {
		for _, p := range look.Processes {
			for _, d := range p.Descriptors {
				n := 0
				for _, op := range d.Pending {
					if op == "RECV" || op == "READ" {
						n++
					}
				}
				if d.Ring {
					ring = fmt.Sprintf("ring %d of process %d: %s", d.FD, p.PID, strings.Join(first(d.Pending, 8), ", "))
				}
				if n > most {
					most, clients = n, look.Clients-look.Unanswered
				}
			}
		}
	}
	if nearlyAll(most, clients) && most > 1 {
		return yes(nil, "%s to read wait in a ring, with %s connected", plural(most, "operation"), plural(clients, "client")).telling(ring)
	}
	if ring != "" && !covered(v) {
		return unknown(loadPtrace, "it has a ring, and nothing else is seen to wait for connections")
	}
	return no(nil, "%s to read wait in a ring", plural(most, "operation"))
}

// covered reports whether a set or a blocked read is known for nearly all connections.
func covered(v *sample.View) bool {
	n := 0
	for _, c := range v.Conns {
		if len(c.Sets) > 0 || c.Reader != 0 {
			n++
		}
	}
	return nearlyAll(n, len(v.Conns))
}

// sampledWaits: nearly all connections are in a set with others, and who waits there runs when they ask.
func sampledWaits(v *sample.View) reply {
	if r := sampledIdle(v); r != nil {
		return *r
	}
	within, alone := 0, 0
	for _, c := range v.Conns {
		switch {
		case len(wakes(v, c)) > 0:
			within++
		case c.Reader != 0, len(c.Servers) > 0 && !v.SleepsInSet(c.Servers):
			alone++
		}
	}
	switch {
	case nearlyAll(within, len(v.Conns)):
		return yes(nil, "%d of %s, up to %d at once", within, plural(len(v.Conns), "connection"), atOnce(v)).telling(ranAll(v.Conns)...)
	case hardlyAny(within, len(v.Conns)) && nearlyAll(alone, len(v.Conns)):
		return no(nil, "%d of %s are waited for by a thread that sleeps in no demultiplexer", alone, plural(len(v.Conns), "connection")).telling(ranAll(v.Conns)...)
	}
	return unknown(loadPtrace, "%d of %s are seen in a set with others, and %d are waited for alone", within, plural(len(v.Conns), "connection"), alone)
}

// wakes lists the sets that cover a connection with others and that have a waiter who runs for it.
func wakes(v *sample.View, c *sample.Conn) []*sample.Set {
	var all []*sample.Set
	for _, s := range c.Sets {
		runs := func(tid int) bool { return slices.Contains(c.Servers, tid) || slices.Contains(c.Others, tid) }
		if slices.ContainsFunc(s.Waiters, runs) && (s.AtOnce >= 2 || manySets(v) > 1 && len(s.Conns) > 0) {
			all = append(all, s)
		}
	}
	return all
}

// manySets counts the sets with several connections: what has one only, beside such, is what they are.
func manySets(v *sample.View) (n int) {
	for _, s := range v.Sets {
		if s.AtOnce >= 2 {
			n++
		}
	}
	return n
}

func atOnce(v *sample.View) (n int) {
	for _, s := range v.Sets {
		n = max(n, s.AtOnce)
	}
	return n
}

// sampledSets are the sets that tell of connections.
func sampledSets(v *sample.View) []*sample.Set {
	var all []*sample.Set
	for _, c := range v.Conns {
		for _, s := range wakes(v, c) {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// sampledWaiters lists the threads that wait on those.
func sampledWaiters(v *sample.View) []int {
	var tids []int
	for _, s := range sampledSets(v) {
		for _, tid := range s.Waiters {
			if !slices.Contains(tids, tid) {
				tids = append(tids, tid)
			}
		}
	}
	slices.Sort(tids)
	return tids
}

// sampledDemultiplexer is the call in which nearly all connections are waited for.
func sampledDemultiplexer(v *sample.View, signs map[string]Sign) string {
	if signs["kernel-operates"].Answer == Yes {
		return "io_uring"
	}
	if signs["waits-for-many"].Answer != Yes {
		return ""
	}
	word := ""
	for i, s := range sampledSets(v) {
		if now := demultiplexers[s.Family]; i > 0 && now != word {
			return ""
		}
		word = demultiplexers[s.Family]
	}
	return word
}

// sampledTrigger is how nearly all connections are registered.
func sampledTrigger(v *sample.View) string {
	n, all := map[string]int{}, 0
	for _, s := range sampledSets(v) {
		for _, events := range s.Conns {
			all++
			switch {
			case s.Family == trace.FamilyRing, s.Guessed && s.Family == "":
			case s.Family != trace.FamilyWait:
				n["level"]++
			default:
				n[registered(events)]++
			}
		}
	}
	return prevailing(n, all)
}
