package check

import (
	"cmp"
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// kin is what a recording says about processes: who made whom, and who serves which connection.
type kin struct {
	judge
	leaders map[int]*trace.Task // first threads, by process
	process map[int]int         // of each thread
	served  []*trace.Connection // accepted, and read or written
	by      map[*trace.Connection][]int
	serves  map[int][]*trace.Connection // by process
}

func kinOf(j judge) kin {
	k := kin{judge: j, leaders: map[int]*trace.Task{}, process: map[int]int{}, by: map[*trace.Connection][]int{}, serves: map[int][]*trace.Connection{}}
	for _, t := range j.Tasks {
		k.process[t.TID] = t.PID
		if t.TID == t.PID {
			k.leaders[t.PID] = t
		}
	}
	for _, c := range j.Connections() {
		if c.Accept == nil || onlyRefused(c) {
			continue
		}
		k.served = append(k.served, c)
		for _, call := range c.Calls {
			if isIO(call) && !slices.Contains(k.by[c], call.PID) {
				k.by[c] = append(k.by[c], call.PID)
				k.serves[call.PID] = append(k.serves[call.PID], c)
			}
		}
	}
	return k
}

// unexercised finds that a judgement is not possible, or that it is not about processes that serve.
func (k kin) unexercised() *Finding {
	var f Finding
	switch {
	case len(k.Connections()) == 0:
		f = k.unclear("the server had none of the tester's connections")
	case len(k.served) < 2:
		f = k.untouched("fewer than two accepted connections were read")
	case openAtOnce(k.Recording) < 2:
		f = k.unclear("never were two clients connected at the same time")
	default:
		return nil
	}
	return &f
}

// descends reports whether the process was made by the other, or by one that was.
func (k kin) descends(pid, from int) bool {
	for range len(k.leaders) { // no longer than there are processes, should a recording go in circles
		t := k.leaders[pid]
		if t == nil || t.Parent == 0 {
			return false
		}
		if pid = k.process[t.Parent]; pid == from {
			return true
		}
	}
	return false
}

// firstOf takes the accept of the connection and the process's first call on it.
func firstOf(c *trace.Connection, pid int) []*trace.Call {
	i := slices.IndexFunc(c.Calls, func(call *trace.Call) bool { return call.PID == pid && isIO(call) })
	if i < 0 {
		return []*trace.Call{c.Accept}
	}
	return []*trace.Call{c.Accept, c.Calls[i]}
}

// selfServed finds a connection that the process which accepted it serves itself.
func (k kin) selfServed() *Finding {
	for _, c := range k.served {
		if pid := c.Accept.PID; slices.Contains(k.by[c], pid) {
			f := k.fail(firstOf(c, pid), "process %d accepted %s and serves it itself", pid, c.Name)
			return &f
		}
	}
	return nil
}

// shared finds a process that serves two connections.
func (k kin) shared() *Finding {
	for _, c := range k.served {
		for _, pid := range k.by[c] {
			if cs := k.serves[pid]; len(cs) > 1 {
				f := k.fail(append(firstOf(cs[0], pid), firstOf(cs[1], pid)...), "process %d serves %s, %s and %s among them", pid, plural(len(cs), "connection"), cs[0].Name, cs[1].Name)
				return &f
			}
		}
	}
	return nil
}

// unrelated finds a connection that a process serves which the acceptor did not make after it accepted.
func (k kin) unrelated() *Finding {
	for _, c := range k.served {
		for _, pid := range k.by[c] {
			t := k.leaders[pid]
			if k.descends(pid, c.Accept.PID) && t.At >= c.Accept.Enter {
				continue
			}
			f := k.fail(firstOf(c, pid), "process %d serves %s, and was not made by process %d after its accept", pid, c.Name, c.Accept.PID)
			return &f
		}
	}
	return nil
}

func firstFound(finders ...func() *Finding) *Finding {
	for _, find := range finders {
		if f := find(); f != nil {
			return f
		}
	}
	return nil
}

// PerClient: every client gets a process of its own. One connection may have several, as a server with separated
// privileges has, but no process has several connections.
func PerClient(rec *trace.Recording) Finding {
	k := kinOf(judge{rec, "a process for each connection, which serves no other", "as many serving processes as connections, none of them the one that accepts"})
	if f := k.unexercised(); f != nil {
		return *f
	}
	if f := firstFound(k.selfServed, k.shared); f != nil {
		return *f
	}
	c := k.served[0]
	return k.pass(firstOf(c, k.by[c][0]), "%s served by %s, up to %d at once", plural(len(k.served), "connection"), plural(len(k.serves), "process"), openAtOnce(rec))
}

// ParentAccepts: one process accepts, and makes a process after each accept.
func ParentAccepts(rec *trace.Recording) Finding {
	k := kinOf(judge{rec, "one process that accepts, and after each accept makes the process that serves", "accepts by one process, and a process born of it after each"})
	if f := k.unexercised(); f != nil {
		return *f
	}
	parent := k.served[0].Accept
	for _, c := range k.served {
		if c.Accept.PID != parent.PID {
			return k.fail([]*trace.Call{parent, c.Accept}, "processes %d and %d both accept", parent.PID, c.Accept.PID)
		}
	}
	if f := firstFound(k.selfServed, k.unrelated, k.shared); f != nil {
		return *f
	}
	return k.pass(firstOf(k.served[0], k.by[k.served[0]][0]), "process %d accepted %s and made a process after each", parent.PID, plural(len(k.served), "connection"))
}

// ProcessPerConnection: a process is made for each connection.
func ProcessPerConnection(rec *trace.Recording) Finding { return ParentAccepts(rec) }

// InheritsConnection: the child serves the socket that its parent accepted, without its having been sent.
func InheritsConnection(rec *trace.Recording) Finding {
	k := kinOf(judge{rec, "each connection served by a process that inherited it from the one that accepted it", "no connection sent in a message, none served by its acceptor, each by a child"})
	if f := k.unexercised(); f != nil {
		return *f
	}
	for _, c := range k.served {
		if len(c.Passed) > 0 {
			return k.fail(append([]*trace.Call{c.Accept}, c.Passed...), "%s travelled in a message", c.Name)
		}
	}
	if f := firstFound(k.selfServed, k.unrelated); f != nil {
		return *f
	}
	c := k.served[0]
	return k.pass(firstOf(c, k.by[c][0]), "%s, each read and written by a child of process %d, and none sent", plural(len(k.served), "connection"), c.Accept.PID)
}

// DropsListener: a serving child has no listener: it closed it before it served, or never had it.
func DropsListener(rec *trace.Recording) Finding {
	k := kinOf(judge{rec, "no listener in a process that serves a connection", "the listener closed in each child before it serves, by close, close_range or exec"})
	if f := k.unexercised(); f != nil {
		return *f
	}
	if f := k.selfServed(); f != nil {
		return *f
	}
	known := false
	for _, listener := range rec.Listeners() {
		for _, h := range rec.Holdings(listener) {
			known = known || h.PID == k.served[0].Accept.PID
			if call := k.servedWith(h); call != nil {
				c := rec.Connection(call.Object)
				return k.fail([]*trace.Call{c.Accept, call}, "process %d serves %s and has the listener open, as descriptor %d", h.PID, c.Name, h.FD)
			}
		}
	}
	if !known {
		return k.unclear("the recording does not tell which descriptor of the acceptor is the listener")
	}
	c := k.served[0]
	return k.pass(firstOf(c, k.by[c][0]), "none of %s has the listener when it serves", plural(len(k.serves), "process"))
}

// servedWith finds a call by which a process served while it had what it held. A read may begin before the listener is
// closed by another thread; it is the answer that tells.
func (k kin) servedWith(h trace.Holding) *trace.Call {
	for _, c := range k.serves[h.PID] {
		for _, call := range c.Calls {
			if call.PID == h.PID && isWrite(call) && h.At(call.Enter) {
				return call
			}
		}
	}
	return nil
}

// heldBack is how many connections a parent may have open at once besides the one that it is accepting: it closes each
// when its child is made, but a parent with several threads may be a little late.
const heldBack = 2

// DropsConnection: the parent closes each connection, so that it has no more of them the more clients there are.
func DropsConnection(rec *trace.Recording) Finding {
	k := kinOf(judge{rec, "a parent that closes each connection once the child has it", "a close of the connection in the accepting process before it accepts many more"})
	if f := k.unexercised(); f != nil {
		return *f
	}
	if f := k.selfServed(); f != nil {
		return *f
	}
	if len(k.served) <= heldBack+1 {
		return k.unclear("only %s: too few to tell whether the parent keeps them", plural(len(k.served), "connection"))
	}
	for _, c := range k.served {
		if kept := k.kept(c.Accept); len(kept) > heldBack {
			return k.fail([]*trace.Call{kept[0].Accept, c.Accept}, "process %d still has %s open, %s among them, when it accepts %s",
				c.Accept.PID, plural(len(kept), "connection"), kept[0].Name, c.Name)
		}
	}
	var closes []*trace.Call
	for _, call := range k.served[0].Calls {
		if isClose(call) && call.PID == k.served[0].Accept.PID {
			closes = append(closes, call)
		}
	}
	return k.pass(append([]*trace.Call{k.served[0].Accept}, closes...), "process %d accepted %s and never had more than %d of the earlier ones open",
		k.served[0].Accept.PID, plural(len(k.served), "connection"), heldBack)
}

// kept lists what the accepting process has of other connections when an accept begins.
func (k kin) kept(accept *trace.Call) []*trace.Connection {
	var cs []*trace.Connection
	for _, c := range k.served {
		if c.Accept == accept || c.Accept.Enter > accept.Enter {
			continue
		}
		if slices.ContainsFunc(k.Holdings(c.Object), func(h trace.Holding) bool { return h.PID == accept.PID && h.At(accept.Enter) }) {
			cs = append(cs, c)
		}
	}
	return cs
}

// ZombiesReaped: the parent waits for its children. One in ten may have ended so shortly before the server was stopped
// that it was not waited for yet. Where the parent ignores SIGCHLD the kernel keeps nothing that could be waited for.
func ZombiesReaped(rec *trace.Recording) Finding {
	k := kinOf(judge{rec, "a parent that waits for its children", "a wait4 or waitid for each child that has ended, and no zombie when the server is stopped"})
	stop := stopped(rec)
	var ended []int
	for _, pid := range slices.Sorted(maps.Keys(k.serves)) {
		if t := k.leaders[pid]; t != nil && t.Parent != 0 && t.Exit != nil && t.Exit.At < stop {
			ended = append(ended, pid)
		}
	}
	switch {
	case len(ended) == 0:
		return k.unclear("no process that had served a client ended before the server was stopped")
	case rec.End == nil:
		return k.unclear("the recording was cut short: how many zombies there were is not known")
	}
	waits := map[int]*trace.Call{}
	for _, c := range rec.Calls {
		if c.Family == trace.FamilyReap && c.Child != 0 && waits[c.Child] == nil {
			waits[c.Child] = c
		}
	}
	slices.SortFunc(ended, func(a, b int) int { return cmp.Compare(k.leaders[a].Exit.At, k.leaders[b].Exit.At) })
	var shown []*trace.Call
	left := 0
	for _, pid := range ended {
		if waits[pid] == nil {
			left++
			shown = append(shown, firstOf(k.serves[pid][0], pid)...)
		}
	}
	if rec.End.Zombies*10 > len(ended) {
		return k.fail(first(shown, 6), "%s when the server was told to stop; of %s that had ended, %d were never waited for", plural(rec.End.Zombies, "zombie"), plural(len(ended), "child process"), left)
	}
	reaped := waits[ended[0]]
	return k.pass([]*trace.Call{reaped}, "%s ended, %d were waited for; %s when the server was told to stop", plural(len(ended), "child process"), len(ended)-left, plural(rec.End.Zombies, "zombie"))
}

// ProcessPool: several processes accept, and each serves what it has accepted, one connection at a time.
func ProcessPool(rec *trace.Recording) Finding {
	k := kinOf(judge{rec, "several processes that accept and serve, each one connection at a time", "two processes that accept what they serve, with no second connection open meanwhile"})
	if f := k.unexercised(); f != nil {
		return *f
	}
	var shown []*trace.Call
	for _, c := range k.served {
		if pid := k.by[c][0]; pid != c.Accept.PID || len(k.by[c]) > 1 {
			return k.fail(firstOf(c, k.by[c][len(k.by[c])-1]), "process %d accepted %s, and another serves it", c.Accept.PID, c.Name)
		}
	}
	for _, pid := range slices.Sorted(maps.Keys(k.serves)) {
		cs := k.serves[pid]
		shown = append(shown, firstOf(cs[0], pid)...)
		for i, c := range cs[1:] {
			if _, until := open(rec, cs[i]); until > c.Accept.Exit {
				return k.fail(append(firstOf(cs[i], pid), c.Accept), "process %d accepts %s while it has %s", pid, c.Name, cs[i].Name)
			}
		}
	}
	if may := mayAccept(rec); len(k.serves) < 2 && len(may) >= 2 {
		return k.unclear("of %s that could accept one took everything: the load was too light", plural(len(may), "process"))
	}
	if len(k.serves) < 2 {
		return k.fail(first(shown, 6), "one process accepts and serves all of %s", plural(len(k.served), "connection"))
	}
	return k.pass(first(shown, 6), "%s accepted and served by %s, one at a time each", plural(len(k.served), "connection"), plural(len(k.serves), "process"))
}

// BlockingBase: accept and read block, and nothing waits beforehand. That a call blocked is known where it began before
// the client sent what it returned.
func BlockingBase(rec *trace.Recording) Finding {
	j := judge{rec, "accepts and reads on blocking sockets, with no call that waits for readiness before them", "blocking descriptors, and no select, poll or epoll_wait that covers them"}
	conns := rec.Connections()
	if len(conns) == 0 {
		return j.unclear("the server had none of the tester's connections")
	}
	for _, set := range rec.WaitSets() {
		for o := range covered(set) {
			if len(set.Waits) > 0 && (rec.Connection(o) != nil || rec.Listens(o)) {
				return j.fail([]*trace.Call{set.Waits[0].Call}, "thread %d waits for readiness of %s", set.Waits[0].Call.TID, rec.Name(o))
			}
		}
	}
	var blocked []*trace.Call
	reads := 0
	for _, c := range conns {
		if c.Accept != nil && c.Accept.Nonblock {
			return j.fail([]*trace.Call{c.Accept}, "the listener is non-blocking")
		}
		for _, call := range c.Calls {
			if isIO(call) && call.Nonblock {
				return j.fail([]*trace.Call{c.Accept, call}, "%s is non-blocking", c.Name)
			}
			if isRead(call) {
				reads++
				if waitedFor(c, call) {
					blocked = append(blocked, call)
				}
			}
		}
	}
	if reads == 0 {
		return j.untouched("no read of a client was seen")
	}
	if len(blocked) == 0 {
		return j.unclear("of %s none began before the request was sent that it returned", plural(reads, "read"))
	}
	return j.pass(append([]*trace.Call{conns[0].Accept}, first(blocked, 3)...), "%s, all on blocking sockets; %d began before the client sent what they returned", plural(reads, "read"), len(blocked))
}

// waitedFor reports whether the read was there before what it returned.
func waitedFor(c *trace.Connection, read *trace.Call) bool {
	return c.Client != nil && brought(read) && slices.ContainsFunc(c.Client.Exchanges, func(x trace.Exchange) bool {
		return read.Enter < x.Sent && x.Sent < read.Exit
	})
}
