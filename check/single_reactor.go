package check

import (
	"cmp"
	"maps"
	"slices"

	"github.com/iospec/iospec/trace"
)

// OneAmongOthers: one thread touches clients, whatever other threads and processes there are.
func OneAmongOthers(rec *trace.Recording) Finding {
	f := SingleReactor(rec)
	if f.Outcome == Pass {
		f = f.told("the server had %s in all", plural(len(rec.Tasks), "task"))
	}
	return f
}

// ThreeObjects: the calls of a reactor, an acceptor and handlers are there, all in one thread; and between the read of a
// request and its answer the thread needs no call. A handler may read more of the same client; a runtime that resumes the
// handler in the next round of its loop looks who else is ready, without waiting (asyncio); and a server that reads from
// all who are ready before it answers any has others' reads in between, so what counts is that it can do without.
func ThreeObjects(rec *trace.Recording) Finding {
	j := judge{rec, "waiting, accepting, reading and sending by one thread, and no call between a read and its answer", "a request that is answered by the next call after it was read"}
	tid, f := j.oneReactor()
	if f != nil {
		return *f
	}
	spans := Handlings(rec)
	accept := firstAccepts(rec)
	i := slices.IndexFunc(rec.Waits(), func(w *trace.Wait) bool { return w.Call.TID == tid && w.Degree > 0 && len(w.Reports) > 0 })
	switch {
	case len(spans) == 0 || len(accept) == 0:
		return j.unclear("no client was accepted, read and answered")
	case i < 0:
		return j.fail(append(accept, spans[0].Read, spans[0].Write), "thread %d accepts and serves, and waits for nobody", tid)
	}
	direct := slices.DeleteFunc(slices.Clone(spans), func(h Handling) bool { return !j.direct(h) })
	if len(direct) == 0 {
		return j.fail([]*trace.Call{spans[0].Read, spans[0].Write}, "of %s none was answered without another call after it was read", plural(len(spans), "request"))
	}
	return j.pass(append(accept, rec.Waits()[i].Call, direct[0].Read, direct[0].Write), "%s read and answered, %d of them without any call in between",
		plural(len(spans), "request"), len(direct))
}

// direct reports whether the thread made no call between the read and its answer, but for reads of the same client, and
// looks at who is ready.
func (j judge) direct(h Handling) bool {
	calls := j.Thread(h.Read.TID)
	i, _ := slices.BinarySearchFunc(calls, h.Read.Seq, func(c *trace.Call, seq int64) int { return cmp.Compare(c.Seq, seq) })
	for _, c := range calls[i+1:] {
		more, look := isRead(c) && c.Object == h.Read.Object, j.Wait(c) != nil && !sleeps(c)
		if !more && !look {
			return c == h.Write
		}
	}
	return false
}

// NoIPC: while clients are served, the thread that serves them neither sends word to another nor gets any, and no
// connection travels. Locks that are free make no call; that one thread touches the clients leaves nobody to contend.
func NoIPC(rec *trace.Recording) Finding {
	j := judge{rec, "one thread that serves, and no word between it and another, nor a connection that travels", "no message to or from the serving thread, by eventfd, pipe or pair of sockets, while clients are there"}
	tid, f := j.oneReactor()
	if f != nil {
		return *f
	}
	accepts := firstAccepts(rec)
	if len(accepts) == 0 {
		return j.unclear("no accept of a client was seen")
	}
	for _, c := range rec.Connections() {
		if len(c.Passed) > 0 {
			return j.fail([]*trace.Call{c.Accept, c.Passed[0]}, "%s was sent to another process", c.Name)
		}
	}
	stop := stopped(rec)
	for _, w := range Words(rec) {
		if w.Written.Enter > accepts[0].Enter && w.Written.Enter < stop && (w.Written.TID == tid || w.Read.TID == tid) {
			return j.fail([]*trace.Call{w.Written, w.Read}, "thread %d, which serves, exchanges words with thread %d", tid, w.Written.TID+w.Read.TID-tid)
		}
	}
	return j.pass(accepts, "thread %d served %s and exchanged no word with another", tid, plural(len(rec.Connections()), "connection"))
}

// MultiReactorSingle: several reactors in one thread.
func MultiReactorSingle(rec *trace.Recording) Finding {
	j := judge{rec, "several sets, each with several connections, all in one thread", "two sets with several connections each, and one thread that does everything"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	tid, f := j.oneReactor()
	switch {
	case f != nil:
		return *f
	case len(s.sets) == 0:
		return j.fail(j.waitsSingly(), "no wait covers two connections: each is waited for on its own")
	case len(s.sets) == 1:
		return j.fail(oneWaitEach(s.sets), "one set only")
	}
	return j.pass(oneWaitEach(s.sets), "thread %d waits on %s, with several connections each", tid, plural(len(s.sets), "set"))
}

// TwoParts: a reactor, which waits for connections, and what processes them: every connection that is served is one that
// some thread waits for among others, and it is read and then answered. With little to do, a worker's set may hold the
// listener and one connection at a time: that listener is another.
func TwoParts(rec *trace.Recording) Finding {
	j := judge{rec, "threads that wait for many connections, and handling of what they report", "each served connection in a set with others"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	if len(s.sets) == 0 {
		return j.fail(j.waitsSingly(), "no wait covers two connections: each is waited for on its own")
	}
	within, waiting, handling := map[trace.Object]bool{}, map[int]bool{}, map[int]bool{}
	for _, set := range rec.WaitSets() {
		if degree(set) < 2 && !watchesListener(rec, set) {
			continue
		}
		for o := range covered(set) {
			within[o] = true
		}
		for _, tid := range waiters(set) {
			waiting[tid] = true
		}
	}
	for _, c := range s.served {
		if !within[c.Object] && !j.unawaited(c) {
			return j.fail(firstBy(c, s.readers[c]), "%s is served and in no set with others", c.Name)
		}
		for _, tid := range s.readers[c] {
			handling[tid] = true
		}
	}
	c := s.served[0]
	return j.pass(append(oneWaitEach(s.sets), firstBy(c, s.readers[c])...), "dispatched by %s, received and sent by %s", threadList(slices.Sorted(maps.Keys(waiting))), threadList(slices.Sorted(maps.Keys(handling))))
}
