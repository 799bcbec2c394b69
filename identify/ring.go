package identify

import (
	"slices"

	"github.com/iospec/iospec/trace"
)

// rings is what a server used io_uring for. Having a ring says nothing: it may write a log, or tell of readiness as
// epoll does.
type rings struct {
	data   map[trace.Object]int             // operations that move a connection's data
	polls  map[string]map[trace.Object]bool // connections whose readiness was asked for, by ring
	multi  int                              // of these requests, those that go on by themselves
	asked  int
	accept *trace.Call              // that submitted an accept
	moving []*trace.Call            // some that submitted operations on connections
	other  int                      // operations on anything else
	enters map[string][]*trace.Call // waits on a ring that asks for readiness, by ring
	pids   []int                    // processes with operations on sockets that have no descriptor
	opaque *trace.Call              // an enter of a ring that could not be read, since it was there before the observer
	served map[int]int              // connections without a descriptor, by process
}

// The operations of io_uring_enter(2) that move data, of which the first are a server's on its clients.
var moves = []string{"RECV", "SEND", "RECVMSG", "SENDMSG", "READ", "WRITE", "READV", "WRITEV", "READ_FIXED", "WRITE_FIXED", "SEND_ZC", "SENDMSG_ZC", "SPLICE", "READ_MULTISHOT"}

// onSockets are those of them that work on sockets only.
var onSockets = []string{"RECV", "SEND", "RECVMSG", "SENDMSG", "SEND_ZC", "SENDMSG_ZC"}

// pollMulti is IORING_POLL_ADD_MULTI, in the length of a poll request.
const pollMulti = 1

func ringsOf(rec *trace.Recording) rings {
	r := rings{
		data: map[trace.Object]int{}, polls: map[string]map[trace.Object]bool{}, enters: map[string][]*trace.Call{}, served: map[int]int{},
	}
	fixed := map[int]map[int]bool{}
	for _, call := range rec.Calls {
		if call.Ring == nil {
			if call.Name == "io_uring_enter" {
				r.opaque = call
			}
			continue
		}
		if len(call.Ring.Completed) > 0 {
			r.enters[ringID(call)] = append(r.enters[ringID(call)], call)
		}
		for _, e := range call.Ring.Submitted {
			switch {
			case e.Op == "ACCEPT" && (rec.Listens(e.Object) || e.Fixed):
				r.accept = call
			case rec.Connection(e.Object) != nil:
				r.onConnection(call, e)
			case e.Fixed && slices.Contains(onSockets, e.Op):
				if fixed[call.PID] == nil {
					fixed[call.PID] = map[int]bool{}
					r.pids = append(r.pids, call.PID)
				}
				fixed[call.PID][e.FD] = true
				r.served[call.PID] = len(fixed[call.PID])
				r.moving = append(r.moving, call)
			default:
				r.other++
			}
		}
	}
	return r
}

func ringID(c *trace.Call) string { return string(c.Object) }

func (r *rings) onConnection(call *trace.Call, e trace.SQE) {
	switch {
	case slices.Contains(moves, e.Op):
		r.data[e.Object]++
		r.moving = append(r.moving, call)
	case e.Op == "POLL_ADD":
		id := ringID(call)
		if r.polls[id] == nil {
			r.polls[id] = map[trace.Object]bool{}
		}
		r.polls[id][e.Object] = true
		r.asked++
		if e.Len&pollMulti != 0 {
			r.multi++
		}
	}
}

// pollingRing is a ring that is used as a set.
type pollingRing struct {
	set
	polled map[trace.Object]bool
}

// polling lists the rings that are asked for the readiness of several connections.
func (r *rings) polling() []pollingRing {
	var all []pollingRing
	for id, polled := range r.polls {
		enters := r.enters[id]
		if len(polled) < 2 || len(enters) == 0 {
			continue
		}
		one := pollingRing{set{id: id, family: trace.FamilyRing, wait: enters[0], degree: len(polled)}, polled}
		for _, c := range enters {
			if !slices.Contains(one.waiters, c.TID) {
				one.waiters = append(one.waiters, c.TID)
			}
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b pollingRing) int { return int(a.wait.Seq - b.wait.Seq) })
	return all
}
