package check

import (
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// crew is what a recording says about threads that each serve whole connections.
type crew struct {
	judge
	shape
	tasks  map[int]*trace.Task         // by thread
	serves map[int][]*trace.Connection // by owner, in the order in which they were accepted
	first  *trace.Call                 // the first accept
}

func crewOf(j judge) crew {
	c := crew{judge: j, shape: shapeOf(j.Recording), tasks: map[int]*trace.Task{}, serves: map[int][]*trace.Connection{}}
	for _, t := range j.Tasks {
		c.tasks[t.TID] = t
	}
	for _, conn := range c.served {
		if tid, ok := c.owners[conn]; ok && conn.Accept != nil && !onlyRefused(conn) {
			c.serves[tid] = append(c.serves[tid], conn)
		}
		if a := conn.Accept; a != nil && (c.first == nil || a.Seq < c.first.Seq) {
			c.first = a
		}
	}
	return c
}

// serving lists the threads that serve, oldest number first.
func (c crew) serving() []int { return slices.Sorted(maps.Keys(c.serves)) }

func (c crew) unexercised() *Finding {
	if f := c.judge.unexercised(c.shape); f != nil {
		return f
	}
	if c.first == nil {
		f := c.unclear("no accept of a client was seen")
		return &f
	}
	return nil
}

// handedOver finds a connection that is not served by one thread, beside the accepting one and in its process.
func (c crew) handedOver() *Finding {
	for _, conn := range c.served {
		if conn.Accept == nil || onlyRefused(conn) {
			continue
		}
		owner, ok := c.owners[conn]
		var f Finding
		switch {
		case !ok:
			f = c.fail(firstBy(conn, c.readers[conn]), "%s touched %s", threadList(c.readers[conn]), conn.Name)
		case owner == conn.Accept.TID:
			f = c.fail(firstBy(conn, []int{owner}), "thread %d accepted %s and serves it itself", owner, conn.Name)
		case c.process[owner] != conn.Accept.PID:
			f = c.fail(firstBy(conn, []int{owner}), "%s is served in process %d, accepted in process %d", conn.Name, c.process[owner], conn.Accept.PID)
		default:
			continue
		}
		return &f
	}
	return nil
}

// multiplexed finds a set of several connections.
func (c crew) multiplexed() *Finding {
	if len(c.sets) == 0 {
		return nil
	}
	f := c.fail(oneWaitEach(c.sets), "%s, each with several connections: threads that wait for many do not serve one each", plural(len(c.sets), "set"))
	return &f
}

// ThreadPerConnection: a thread is made for each connection, does all its reading and writing, and ends.
//
// A runtime may have threads in reserve, and give a connection to one of those, and make up for it afterwards. So what
// counts is that they are made while connections come: one in ten may be older than the first of them. Likewise one in
// ten may not have ended when its client has left.
func ThreadPerConnection(rec *trace.Recording) Finding {
	c := crewOf(judge{rec, "a thread made for each connection, which alone reads and writes it, serves no other, and ends with it", "a new thread for each connection, which ends after it"})
	if f := c.unexercised(); f != nil {
		return *f
	}
	if f := firstFound(c.multiplexed, c.handedOver); f != nil {
		return *f
	}
	var older, over, lasting int
	var olderCalls, lastingCalls []*trace.Call
	for _, tid := range c.serving() {
		conns := c.serves[tid]
		if len(conns) > 1 {
			return c.fail(append(firstBy(conns[0], []int{tid}), firstBy(conns[1], []int{tid})...), "thread %d serves %s, %s and %s among them", tid, plural(len(conns), "connection"), conns[0].Name, conns[1].Name)
		}
		conn, t := conns[0], c.tasks[tid]
		if t == nil || t.At < c.first.Exit {
			older++
			olderCalls = append(olderCalls, firstBy(conn, []int{tid})...)
		}
		if _, until := open(rec, conn); until < stopped(rec) {
			over++
			if t != nil && t.Exit == nil {
				lasting++
				lastingCalls = append(lastingCalls, firstBy(conn, []int{tid})...)
			}
		}
	}
	switch n := len(c.serves); {
	case over == 0:
		return c.unclear("no connection ended before the server was stopped, so whether its thread ends is not known")
	case older*10 > n:
		return c.fail(first(olderCalls, 6), "%d of %s were there before the first connection", older, plural(n, "thread"))
	case lasting*10 > over:
		return c.fail(first(lastingCalls, 6), "%d of %s stayed when their connection was over", lasting, plural(over, "thread"))
	}
	conn := c.served[0]
	return c.pass(firstBy(conn, c.readers[conn]), "%s, each served by a thread of its own; %d were over, and with them their threads", plural(len(c.serves), "connection"), over)
}

// CreatedAhead: the threads that serve are there before the first client.
func CreatedAhead(rec *trace.Recording) Finding {
	c := crewOf(judge{rec, "threads that serve and were there before the first connection", "no serving thread that is younger than the first accept"})
	if f := c.unexercised(); f != nil {
		return *f
	}
	if f := firstFound(c.multiplexed, c.handedOver); f != nil {
		return *f
	}
	for _, conn := range c.served {
		tid, ok := c.owners[conn]
		if t := c.tasks[tid]; ok && t != nil && t.At > c.first.Exit {
			return c.fail(append([]*trace.Call{c.first}, firstBy(conn, []int{tid})...), "thread %d, which serves %s, was made after the first accept", tid, conn.Name)
		}
	}
	return c.pass([]*trace.Call{c.first}, "%s served %s, and all were there before the first was accepted", plural(len(c.serves), "thread"), plural(len(c.served), "connection"))
}

// TakesFromQueue: who accepts does not serve; a thread serves one connection to its end, and then takes the next; and
// more clients than threads are all served in the end.
func TakesFromQueue(rec *trace.Recording) Finding {
	c := crewOf(judge{rec, "connections accepted by one thread and served by others, by each one after the other, all in the end", "fewer threads than connections, none of which begins a connection before it has ended the one before"})
	if f := c.unexercised(); f != nil {
		return *f
	}
	if f := firstFound(c.multiplexed, c.handedOver, c.interleaved); f != nil {
		return *f
	}
	most := 0
	var shown []*trace.Call
	for _, tid := range c.serving() {
		if conns := c.serves[tid]; len(conns) > most {
			most = len(conns)
			shown = append(firstBy(conns[0], []int{tid}), firstBy(conns[len(conns)-1], []int{tid})...)
		}
	}
	switch {
	case most < 2:
		return c.fail(shown, "%s, and no thread served two", plural(len(c.served), "connection"))
	case openAtOnce(rec) <= len(c.serves):
		return c.unclear("never were more clients there than the %s that served", plural(len(c.serves), "thread"))
	}
	if f := c.forgotten(); f != nil {
		return *f
	}
	return c.pass(shown, "%s, up to %d at once, served by %s, one after the other", plural(len(c.served), "connection"), openAtOnce(rec), plural(len(c.serves), "thread"))
}

// interleaved finds a thread that begins a connection while it has another one.
func (c crew) interleaved() *Finding {
	for _, tid := range c.serving() {
		conns := c.serves[tid]
		for i, conn := range conns {
			for _, other := range conns[:i] {
				if c.between(tid, other, conn) || c.between(tid, conn, other) {
					f := c.fail(append(firstBy(other, []int{tid}), firstBy(conn, []int{tid})...), "thread %d serves %s and %s in turn", tid, other.Name, conn.Name)
					return &f
				}
			}
		}
	}
	return nil
}

// between reports whether the thread begins b between its first and its last call on a.
func (c crew) between(tid int, a, b *trace.Connection) bool {
	from, until := span(a, tid)
	begin, _ := span(b, tid)
	return from < begin && begin < until
}

// span gives the numbers of the thread's first and last read or write of the connection.
func span(c *trace.Connection, tid int) (first, last int64) {
	for _, call := range c.Calls {
		if call.TID == tid && isIO(call) {
			if first == 0 {
				first = call.Seq
			}
			last = call.Seq
		}
	}
	return first, last
}

// forgotten finds a connection that was accepted, whose client asked, and that nobody read.
func (c crew) forgotten() *Finding {
	stop := stopped(c.Recording)
	for _, conn := range c.Connections() {
		if conn.Client == nil || conn.Accept == nil || len(conn.Client.Exchanges) == 0 || len(threads(conn, isRead)) > 0 {
			continue
		}
		if x := conn.Client.Exchanges[0]; x.Sent < stop {
			f := c.fail([]*trace.Call{conn.Accept}, "%s was accepted, its client sent a request of %d bytes, and no thread ever read it", conn.Name, x.Out)
			return &f
		}
	}
	return nil
}

// QueueLocked: what a locked queue warrants: no connection is taken out twice, and none is lost. A recording cannot show
// the lock, which makes no call while nobody contends for it.
func QueueLocked(rec *trace.Recording) Finding {
	c := crewOf(judge{rec, "each accepted connection taken by exactly one of the serving threads", "one reader for each connection, and none without"})
	if f := c.unexercised(); f != nil {
		return *f
	}
	if f := firstFound(c.multiplexed, c.handedOver, c.forgotten); f != nil {
		return *f
	}
	if len(c.serves) < 2 {
		return c.unclear("one thread alone serves, so nobody contends for the queue")
	}
	conn := c.served[0]
	return c.pass(firstBy(conn, c.readers[conn]), "%s, each taken by exactly one of %s", plural(len(c.served), "connection"), plural(len(c.serves), "thread"))
}
