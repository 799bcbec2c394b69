package stage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/iospec/iospec/trace"
)

// Op is one completion of an io_uring, with where it began: at the call that submitted its operation, or, for all but the
// first of a multishot operation, at the completion before.
type Op struct {
	Kind    string // "accept", "read", "write", or the kernel's name in lower case
	Object  trace.Object
	Begin   trace.Time
	End     trace.Time
	From    *trace.Call // the call that submitted it; nil for what a multishot operation brings after its first
	Told    *trace.Call // the call that came back with the completion
	Result  int32
	Clients bool // it is about the tester's clients
}

var opKinds = map[string]string{
	"ACCEPT": "accept", "RECV": "read", "RECVMSG": "read", "READ": "read", "READV": "read",
	"SEND": "write", "SENDMSG": "write", "WRITE": "write", "WRITEV": "write", "SEND_ZC": "write", "SENDMSG_ZC": "write",
}

// ops lists the completions by their beginning.
func ops(rec *trace.Recording) []Op {
	var all []Op
	for _, o := range rec.Operations() {
		from, begin := o.Submitted, o.Submitted.Enter
		for _, c := range o.Completions {
			if c.Flags&trace.CompletionNotice != 0 {
				continue
			}
			all = append(all, Op{
				Kind: cmp.Or(opKinds[o.Op], strings.ToLower(o.Op)), Object: o.Object, Begin: begin, End: c.Seen.Exit, From: from, Told: c.Seen, Result: c.Result,
				Clients: rec.Listens(o.Object) || rec.Connection(o.Object) != nil,
			})
			from, begin = nil, c.Seen.Exit
		}
	}
	slices.SortStableFunc(all, func(a, b Op) int { return cmp.Compare(a.Begin, b.Begin) })
	return all
}
