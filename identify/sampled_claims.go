package identify

import (
	"fmt"
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/sample"
)

// Looked is a server that was looked at, ready to be held against claims.
type Looked struct {
	view  *sample.View
	signs map[string]Sign
}

// Look reads an observation.
func Look(o *sample.Observation) *Looked {
	l := &Looked{o.View(), map[string]Sign{}}
	for _, q := range questions {
		r := sampledAnswers[q.id](l.view)
		l.signs[q.id] = Sign{ID: q.id, Asks: q.asks, Answer: r.answer, Observed: r.observed, Settle: r.settle, Witness: seen(r.told)}
	}
	return l
}

// seen turns what was seen into evidence.
func seen(lines []string) []check.Witness {
	var ws []check.Witness
	for _, line := range first(lines, 10) {
		ws = append(ws, check.Witness{Text: line})
	}
	return ws
}

// Judge holds the server, which claims those traits, against a claim. It reports false for a claim that looks cannot judge.
func (l *Looked) Judge(claim string, as []string) (check.Finding, bool) {
	if claim == itsArchitecture {
		return l.architecture(as), true
	}
	c, known := sampledClaims[claim]
	if !known {
		return check.Finding{}, false
	}
	f := l.bySigns(c)
	if f.Outcome == check.Pass && c.also != nil {
		f = c.also(l.view)
	}
	if f.Outcome == check.Pass && slices.Contains(onlyBroken, claim) {
		f = notAgainst(f)
	}
	f.Expected, f.By = c.expects, BySampling
	if f.Outcome == check.Fail {
		f.Acquit = "that it is so in every look, or a recording of its system calls that shows it"
	}
	return f, true
}

// onlyBroken are the claims that looks can see broken, and never kept: a server may break them in a moment between two looks,
// or under a load that asks several things at once.
var onlyBroken = []string{"mux.time-sharing", "single.process-or-thread", "poll.copies", "select.whole-set-in", "pool.created-ahead", "server.no-busy-loop"}

// notAgainst is what looks say of these when nothing is against them.
func notAgainst(f check.Finding) check.Finding {
	f.Outcome, f.Observed = check.Inconclusive, "nothing that was seen is against it ("+f.Observed+"); that it is always so, only a recording of its system calls shows"
	return f
}

// itsArchitecture is the claim that a server has the architecture that it says.
const itsArchitecture = "pattern.four-combinations"

// architecture holds the server against the signs of the architecture that it claims.
func (l *Looked) architecture(as []string) check.Finding {
	i := slices.IndexFunc(architectures, func(a architecture) bool { return slices.Contains(as, a.Trait) })
	if i < 0 {
		return check.Finding{Outcome: check.Inconclusive, Observed: "no architecture is claimed", By: BySampling}
	}
	f := l.bySigns(sampledClaim{signs: architectures[i].signs})
	if f.Outcome == check.Pass {
		f = notAgainst(f)
	}
	f.Expected, f.By = "the signs of "+architectures[i].Trait, BySampling
	return f
}

// sampledClaim is a claim by the signs that it needs, and by what else must be seen.
type sampledClaim struct {
	expects string
	signs   []wanted
	also    func(*sample.View) check.Finding
}

// sampledClaims are those that can be judged by looks. A claim about which system calls are made, in which order, or how
// often, cannot; nor one that a server could break between two looks, unless it is seen to break it.
var sampledClaims = map[string]sampledClaim{
	"process.per-client":                {"a process for each client, made when it came", []wanted{must("own-process")}, nil},
	"process.child-drops-listener":      {"no process that serves a client has a listener open", nil, dropsListener},
	"process.parent-drops-connection":   {"the process that accepts has no connection open", nil, dropsConnection},
	"process.child-inherits-connection": {"the process made for a client has its connection open", nil, inherits},
	"process.zombies-are-reaped":        {"no process that has ended stays a zombie", nil, reaped},
	"process.per-client-prefork": {"several processes, there before their clients, each with one at a time", []wanted{
		must("several-processes"), must("process-one-at-a-time"), mustNot("own-process"),
	}, nil},
	"thread.per-connection": {"a thread for each client, made for it", []wanted{
		must("thread-one-at-a-time"), must("thread-made"), mustNot("thread-reused"),
	}, nil},
	"pool.created-ahead": {"the threads that serve were there before the clients", []wanted{mustNot("thread-made")}, nil},

	"mux.time-sharing":            {"one thread that waits for many clients, and serves them", []wanted{must("waits-for-many"), must("one-waiter"), must("one-thread")}, nil},
	"epoll.create-ctl-wait":       {"epoll instances that cover the clients, and on which somebody waits", []wanted{must("waits-for-many")}, waitsBy("epoll")},
	"select.whole-set-in":         {"a select that covers the clients", []wanted{must("waits-for-many")}, waitsBy("select")},
	"poll.copies":                 {"a poll that covers the clients", []wanted{must("waits-for-many")}, waitsBy("poll")},
	"trigger.edge-nonblocking":    {"connections that are registered with EPOLLET, and have O_NONBLOCK", []wanted{must("waits-for-many")}, edgeNonblocking},
	"trigger.epoll-default-level": {"connections that are registered without EPOLLET", []wanted{must("waits-for-many")}, registeredLevel},

	"single.process-or-thread":    {"one thread that runs for clients, whatever others there are", []wanted{must("waits-for-many"), must("one-thread"), must("one-waiter")}, nil},
	"workers.same-dispatch":       {"one thread that waits for clients and for new ones", []wanted{must("waits-for-many"), must("one-waiter")}, sameWaiter},
	"multi.main-only-accepts":     {"who waits for new clients runs for no request", []wanted{must("waits-for-many")}, mainOnlyAccepts},
	"multi.sub-serves":            {"a thread that waits for its connections, and alone runs for them", []wanted{must("waits-for-many"), must("one-owner"), must("owner-waits")}, nil},
	"nginx.master":                {"the process that made the others waits for no client", []wanted{must("several-processes")}, masterApart},
	"nginx.accept-lock":           {"one at a time waits for the listener", []wanted{must("several-processes")}, lockedOneAtATime},
	"nginx.accept-lock-exclusive": {"several wait for the listener, all with EPOLLEXCLUSIVE", []wanted{must("several-processes")}, exclusive},
	"nginx.accept-lock-sharded":   {"each waits for a listener of its own", []wanted{must("several-processes")}, sharded},

	"proactor.is-async": {"reads of the clients that wait in a ring", []wanted{must("kernel-operates")}, nil},
	"proactor.is-async-emulated": {"threads that sleep in reads of connections, for others", []wanted{
		mustNot("waits-for-many"), mustNot("thread-one-at-a-time"), mustNot("one-thread"),
	}, helpersSleep},
	"server.no-busy-loop": {"threads that sleep while nobody asks", nil, sleeps},
}

// bySigns passes when each sign was seen, and fails when one is contradicted.
func (l *Looked) bySigns(c sampledClaim) check.Finding {
	f := check.Finding{Outcome: check.Pass}
	for _, w := range c.signs {
		switch s := l.signs[w.sign]; {
		case s.Answer == w.answer:
			if f.Outcome == check.Pass {
				f.Observed, f.Witness = join(f.Observed, s.Observed), append(f.Witness, s.Witness...)
			}
		case s.Answer != Unknown:
			return check.Finding{Outcome: check.Fail, Observed: demand(w, s) + "; seen: " + s.Observed, Witness: s.Witness}
		case !w.mayOpen && f.Outcome == check.Pass:
			f = check.Finding{Outcome: check.Inconclusive, Observed: demand(w, s) + ": " + s.Observed + "; it would need " + s.Settle}
		}
	}
	f.Witness = first(f.Witness, 10)
	return f
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

func found(o check.Outcome, format string, args ...any) check.Finding {
	return check.Finding{Outcome: o, Observed: fmt.Sprintf(format, args...)}
}

// holdsFor passes unless there is a witness against, and is open when nothing was to be seen.
func holdsFor(n int, noun string, against []string) check.Finding {
	switch {
	case len(against) > 0:
		f := found(check.Fail, "%s", against[0])
		f.Witness = seen(against)
		return f
	case n == 0:
		return found(check.Inconclusive, "no %s was seen", noun)
	}
	return found(check.Pass, "%s, and none that is otherwise", plural(n, noun))
}

// made lists the processes of a look that were not there before the first client, with what each has of connections.
func made(v *sample.View, look sample.Look) (own []sample.Process) {
	for _, p := range look.Processes {
		if !p.Zombie && !wasThere(v, p.PID) {
			own = append(own, p)
		}
	}
	return own
}

// unopened is what is found about open descriptors where they may not be seen: then no process seems to have any.
func unopened() check.Finding {
	return found(check.Inconclusive, "which descriptors a process has open may not be seen")
}

func dropsListener(v *sample.View) check.Finding {
	if !v.Sight.Descriptors {
		return unopened()
	}
	n, against := 0, []string(nil)
	for _, look := range v.Looks {
		for _, p := range made(v, look) {
			if n++; slices.ContainsFunc(look.Listeners, p.Holds) {
				against = append(against, fmt.Sprintf("process %d, made for a client, has the listener open (look %q)", p.PID, look.Name))
			}
		}
	}
	return holdsFor(n, "look at a process", against)
}

func dropsConnection(v *sample.View) check.Finding {
	if !v.Sight.Descriptors {
		return unopened()
	}
	n, against := 0, []string(nil)
	for _, look := range v.Looks {
		for _, p := range look.Processes {
			if !wasThere(v, p.PID) || !slices.ContainsFunc(look.Listeners, p.Holds) {
				continue
			}
			n++
			for _, c := range look.Connections {
				if p.Holds(c.Inode) {
					against = append(against, fmt.Sprintf("process %d, which has the listener, has the connection of client port %d open (look %q)", p.PID, c.Port, look.Name))
				}
			}
		}
	}
	return holdsFor(n, "look at a process", against)
}

func inherits(v *sample.View) check.Finding {
	if !v.Sight.Descriptors {
		return unopened()
	}
	n, against := 0, []string(nil)
	for _, look := range v.Looks {
		for _, p := range made(v, look) {
			if n++; !slices.ContainsFunc(look.Connections, func(c sample.Connection) bool { return p.Holds(c.Inode) }) && look.Rested {
				against = append(against, fmt.Sprintf("process %d has no connection open (look %q)", p.PID, look.Name))
			}
		}
	}
	if len(against)*2 < n {
		against = nil // one that serves another half, or is about to end
	}
	return holdsFor(n, "look at a process", against)
}

func reaped(v *sample.View) check.Finding {
	after := v.Look("after")
	if after == nil {
		return found(check.Inconclusive, "the server was not seen after its clients had gone")
	}
	gone, zombies := map[int]bool{}, []string(nil)
	for _, look := range v.Looks {
		for _, p := range made(v, look) {
			gone[p.PID] = true
		}
	}
	for _, p := range after.Processes {
		if p.Zombie {
			zombies = append(zombies, fmt.Sprintf("process %d has ended, and nobody has waited for it", p.PID))
		}
	}
	if n := len(zombies); n > 0 && 2*n < len(gone) {
		return found(check.Inconclusive, "%s of %s, which may be waited for later", plural(n, "zombie"), plural(len(gone), "process"))
	}
	return holdsFor(len(gone), "process", zombies)
}

func waitsBy(word string) func(*sample.View) check.Finding {
	return func(v *sample.View) check.Finding {
		for _, s := range sampledSets(v) {
			switch demultiplexers[s.Family] {
			case word:
			case "":
				return found(check.Inconclusive, "%s: which of the two may not be seen", s.ID)
			default:
				return found(check.Fail, "clients are waited for by %s", s.ID)
			}
		}
		f := found(check.Pass, "up to %d connections at once", atOnce(v))
		f.Witness = seen(setLines(sampledSets(v)))
		return f
	}
}

func registeredLevel(v *sample.View) check.Finding {
	if f := waitsBy("epoll")(v); f.Outcome != check.Pass {
		return f
	}
	switch t := sampledTrigger(v); t {
	case "level":
		return found(check.Pass, "nearly all of the registrations")
	case "edge":
		return found(check.Fail, "connections are registered with EPOLLET")
	}
	return found(check.Inconclusive, "connections are registered in several ways, or for one report")
}

func edgeNonblocking(v *sample.View) check.Finding {
	if sampledTrigger(v) != "edge" {
		return found(check.Inconclusive, "connections are not registered with EPOLLET")
	}
	n, against := 0, []string(nil)
	for _, look := range v.Looks {
		for _, p := range look.Processes {
			for _, d := range p.Descriptors {
				if port := v.PortOf(d.Inode); port != 0 {
					if n++; !d.Nonblock {
						against = append(against, fmt.Sprintf("the connection of client port %d has no O_NONBLOCK", port))
					}
				}
			}
		}
	}
	return holdsFor(n, "look at a connection", against)
}

func sameWaiter(v *sample.View) check.Finding {
	who, waiters := v.Lookouts().Who, sampledWaiters(v)
	switch {
	case len(who) == 0:
		return found(check.Inconclusive, "nobody was seen to wait for new clients")
	case slices.Equal(who, waiters):
		return found(check.Pass, "%s waits for both", threadList(who))
	}
	return found(check.Fail, "%s for clients, %s for new ones", threadList(waiters), threadList(who))
}

func mainOnlyAccepts(v *sample.View) check.Finding {
	who := v.Lookouts().Who
	if len(who) == 0 {
		return found(check.Inconclusive, "nobody was seen to wait for new clients")
	}
	var against []string
	for _, c := range v.Conns {
		if c.Read && slices.Contains(who, c.Servers[0]) {
			against = append(against, fmt.Sprintf("thread %d waits for new clients, and serves client port %d", c.Servers[0], c.Port))
		}
	}
	if len(who) > 1 && len(against) == 0 {
		against = []string{threadList(who) + " wait for new clients"}
	}
	if len(who) == 1 && hardlyAny(len(against), len(v.Conns)) {
		against = nil
	}
	return holdsFor(len(v.Conns), "connection", against)
}

func masterApart(v *sample.View) check.Finding {
	masters := map[int]bool{}
	for _, look := range v.Looks {
		for _, p := range look.Processes {
			masters[p.Parent] = true
		}
	}
	l, n := v.Lookouts().ByProcess(), 0
	var against []string
	for _, pid := range l.Who {
		if n++; masters[pid] {
			against = append(against, fmt.Sprintf("process %d, which made others, waits for clients", pid))
		}
	}
	return holdsFor(n, "process", against)
}

func lockedOneAtATime(v *sample.View) check.Finding {
	l := v.Lookouts().ByProcess()
	switch {
	case l.AtOnce > 1:
		return found(check.Fail, "%d processes waited for the listener in one look", l.AtOnce)
	case len(l.Who) < 2:
		return found(check.Inconclusive, "%s was seen to wait for the listener", plural(len(l.Who), "process"))
	}
	return found(check.Pass, "%d processes waited for the listener, never two in one look", len(l.Who))
}

func exclusive(v *sample.View) check.Finding {
	switch l := v.Lookouts(); {
	case l.AtOnce < 2:
		return found(check.Inconclusive, "never did two wait for the listener in one look")
	case l.Exclusive:
		return found(check.Pass, "%d waited at the same time, all with EPOLLEXCLUSIVE", l.AtOnce)
	default:
		return found(check.Fail, "%d waited at the same time, not all with EPOLLEXCLUSIVE", l.AtOnce)
	}
}

func sharded(v *sample.View) check.Finding {
	switch l := v.Lookouts().ByProcess(); {
	case len(l.Who) < 2:
		return found(check.Inconclusive, "%s was seen to wait for clients", plural(len(l.Who), "process"))
	case !l.Seen():
		return found(check.Inconclusive, "which listener each waits for may not be seen")
	case l.Sharded():
		return found(check.Pass, "%d processes, each with a listener of its own", len(l.Who))
	default:
		return found(check.Fail, "of %d processes some wait for the same listener", len(l.Who))
	}
}

func helpersSleep(v *sample.View) check.Finding {
	if !v.Sight.Calls {
		return found(check.Inconclusive, "in which call a thread sleeps may not be seen")
	}
	readers := 0
	for _, c := range v.Conns {
		if c.Reader != 0 {
			readers++
		}
	}
	if readers < 2 {
		return found(check.Fail, "for %d of %s a thread was seen to sleep in a read", readers, plural(len(v.Conns), "connection"))
	}
	return found(check.Pass, "for %d of %s a thread was seen to sleep in a read", readers, plural(len(v.Conns), "connection"))
}

func sleeps(v *sample.View) check.Finding {
	rested, busy := 0, map[int]bool{}
	for _, look := range v.Looks {
		if look.Rested {
			rested++
		}
	}
	for _, t := range v.Turns {
		if t.Kind == sample.Nothing {
			for _, r := range t.Ran {
				busy[r.TID] = busy[r.TID] || r.Slept > restlessSleeps
			}
		}
	}
	switch {
	case rested == 0:
		return found(check.Fail, "in none of %s all threads were asleep", plural(len(v.Looks), "look"))
	case slices.ContainsFunc(v.Looks, func(l sample.Look) bool { return !l.Rested }):
		return found(check.Inconclusive, "in %d of %s not all threads were asleep", len(v.Looks)-rested, plural(len(v.Looks), "look"))
	}
	for tid := range busy {
		if busy[tid] {
			return found(check.Inconclusive, "thread %d woke again and again though nobody asked", tid)
		}
	}
	return found(check.Pass, "all threads were asleep in all of %s", plural(len(v.Looks), "look"))
}

// restlessSleeps is how many sleeps in a turn in which nobody asks show a thread that does not rest.
const restlessSleeps = 3
