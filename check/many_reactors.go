package check

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// SubRegisters: who serves a connection has added it to a set of its own. A set to which others add, or on which others
// wait, is not a reactor's own.
func SubRegisters(rec *trace.Recording) Finding {
	j := judge{rec, "each connection added by the thread that serves it, to a set on which no other waits", "epoll_ctl ADD of the connection by its owner, on an instance of the owner's own"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	if f := j.oneOwnerWhoWaits(s); f != nil {
		return *f
	}
	if f := j.oneAlone(s); f != nil {
		return *f
	}
	owners := s.owning()
	own := map[int]bool{}
	for _, set := range rec.WaitSets() {
		tids := waiters(set)
		for _, w := range set.Watched {
			c := rec.Connection(w.Object)
			if c == nil || w.Ctl == nil || w.Ctl.Ctl.Op != "ADD" {
				continue
			}
			owner, ok := s.owners[c]
			switch {
			case !ok || onlyRefused(c):
				continue
			case w.Ctl.TID != owner:
				return j.fail(append([]*trace.Call{w.Ctl}, firstBy(c, []int{owner})...), "thread %d adds %s to a set, and thread %d serves it", w.Ctl.TID, c.Name, owner)
			case len(tids) > 1:
				return j.fail(append(oneWaitEach([]*trace.WaitSet{set}), w.Ctl), "%s wait on %s", threadList(tids), set.ID)
			}
			own[owner] = true
		}
	}
	for _, c := range s.served {
		if owner := s.owners[c]; !own[owner] && !j.unawaited(c) {
			return j.fail(firstBy(c, []int{owner}), "thread %d serves %s and adds nothing to a set", owner, c.Name)
		}
	}
	c := s.served[0]
	return j.pass(firstBy(c, s.readers[c]), "%s, each added by the one of %s that serves it", plural(len(s.served), "connection"), threadList(owners))
}

// ClearDivision: who accepts hands each connection over once, to the one that serves it, and gets no word back.
//
// A hand-over within a process may make no call of its own, or one for several connections; there it shows in the
// owner, who is another than the acceptor. A word back is something that the owner of connections has written, and the
// accepting thread has read.
func ClearDivision(rec *trace.Recording) Finding {
	j := judge{rec, "each connection handed over once by the thread that accepts, which reads nothing that a serving thread has written", "one hand-over for each connection, and no message to the accepting thread"}
	s := shapeOf(rec)
	if f := j.unexercised(s); f != nil {
		return *f
	}
	if len(s.acceptors) == 0 {
		return j.unclear("no accept of a client was seen")
	}
	for _, c := range s.served {
		if c.Accept == nil || onlyRefused(c) {
			continue
		}
		sent := slices.DeleteFunc(slices.Clone(c.Passed), func(call *trace.Call) bool { return !isWrite(call) })
		owner, ok := s.owners[c]
		switch {
		case !ok:
			return j.fail(firstBy(c, s.readers[c]), "%s touched %s", threadList(s.readers[c]), c.Name)
		case s.acceptors[owner] > 0:
			return j.fail(firstBy(c, []int{owner}), "thread %d, which accepts, serves %s", owner, c.Name)
		case len(sent) > 1:
			return j.fail(append([]*trace.Call{c.Accept}, sent...), "%s was handed over %d times", c.Name, len(sent))
		}
	}
	if written, read := wordBack(rec, s); read != nil {
		return j.fail([]*trace.Call{written, read}, "thread %d, which serves, writes to %s, which accepts", written.TID, threadList([]int{read.TID}))
	}
	c := s.served[0]
	return j.pass(append(firstBy(c, s.readers[c]), c.Passed...), "%s handed over by %s to %s, and no word back",
		plural(len(s.served), "connection"), threadList(s.accepting()), threadList(s.owning()))
}

// wordBack finds what an accepting thread is told by an owner of connections. What is said once the server is to stop does
// not count.
func wordBack(rec *trace.Recording, s shape) (written, read *trace.Call) {
	owning := map[int]bool{}
	for _, tid := range s.owners {
		owning[tid] = true
	}
	stop := stopped(rec)
	for _, w := range Words(rec) {
		if w.Written.Enter < stop && owning[w.Written.TID] && s.acceptors[w.Read.TID] > 0 {
			return w.Written, w.Read
		}
	}
	return nil, nil
}
