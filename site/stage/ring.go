package stage

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/trace"
)

// Op is one operation of an io_uring: from the call that submitted it to the call that came back with its completion.
// A multishot operation has many completions, each an Op of its own that begins where the one before ended.
type Op struct {
	Kind    string // "accept", "read", "write", or the kernel's name in lower case
	Object  trace.Object
	Begin   trace.Time
	End     trace.Time  // 0: never completed
	From    *trace.Call // the call that submitted it; nil for what a multishot operation brings after its first
	Told    *trace.Call // the call that came back with the completion
	Result  int32
	Clients bool // it is about the tester's clients
}

var opKinds = map[string]string{
	"ACCEPT": "accept", "RECV": "read", "RECVMSG": "read", "READ": "read", "READV": "read",
	"SEND": "write", "SENDMSG": "write", "WRITE": "write", "WRITEV": "write", "SEND_ZC": "write", "SENDMSG_ZC": "write",
}

// moreToCome is IORING_CQE_F_MORE: the operation goes on, and this was not its last completion.
const moreToCome = 1 << 1

type pendingOp struct {
	sqe  trace.SQE
	at   trace.Time
	call *trace.Call
	told bool
}

// ops matches completions to submissions by their data, ring by ring.
func ops(rec *trace.Recording) []Op {
	pending := map[trace.Object]map[uint64]*pendingOp{}
	var all []Op
	for _, c := range rec.Calls {
		if c.Ring == nil {
			continue
		}
		ring := pending[c.Object]
		if ring == nil {
			ring = map[uint64]*pendingOp{}
			pending[c.Object] = ring
		}
		for _, e := range c.Ring.Submitted {
			ring[e.Data] = &pendingOp{sqe: e, at: c.Enter, call: c}
		}
		for _, e := range c.Ring.Completed {
			p := ring[e.Data]
			if p == nil {
				continue
			}
			all = append(all, p.complete(rec, c, e))
			if e.Flags&moreToCome == 0 {
				delete(ring, e.Data)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Op) int { return cmp.Compare(a.Begin, b.Begin) })
	return all
}

func (p *pendingOp) complete(rec *trace.Recording, c *trace.Call, e trace.CQE) Op {
	op := Op{
		Kind: cmp.Or(opKinds[p.sqe.Op], p.sqe.Op), Object: p.sqe.Object, Begin: p.at, End: c.Exit, Told: c, Result: e.Result,
		Clients: rec.Listens(p.sqe.Object) || rec.Connection(p.sqe.Object) != nil,
	}
	if !p.told {
		op.From = p.call
		p.told = true
	}
	p.at = c.Exit
	return op
}
