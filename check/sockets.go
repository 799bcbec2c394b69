package check

import (
	"net/netip"
	"slices"

	"github.com/iospec/iospec/trace"
)

// DataOnConnected: the server reads and writes connections, and no listening socket, also where it asks io_uring to.
// One attempt convicts, though it fails: the server took a client's arrival for a client's data.
func DataOnConnected(rec *trace.Recording) Finding {
	j := judge{rec,
		"data read from and written to connected sockets only",
		"an accept, and nothing else, for each report of the listener"}
	var wrong, right []*trace.Call
	for _, c := range rec.Calls {
		switch {
		case movesDataOf(c, rec.Listens):
			wrong = append(wrong, c)
		case movesDataOf(c, func(o trace.Object) bool { return rec.Connection(o) != nil }):
			right = append(right, c)
		}
	}
	switch {
	case len(wrong) > 0:
		return j.fail(wrong, "%s of a listening socket, beside %d of connections", plural(len(wrong), "read or write"), len(right))
	case len(right) == 0:
		return j.unclear("nobody read or wrote a connection")
	}
	return j.pass(first(right, 3), "%s of connections, none of a listening socket", plural(len(right), "call"))
}

// dataOps are the operations of io_uring that move data of a socket.
var dataOps = []string{"READ", "READV", "READ_FIXED", "RECV", "RECVMSG", "READ_MULTISHOT", "WRITE", "WRITEV", "WRITE_FIXED", "SEND", "SENDMSG", "SEND_ZC", "SENDMSG_ZC"}

// movesDataOf reports whether a call reads or writes an object of the kind, or asks for that to be done.
func movesDataOf(c *trace.Call, kind func(trace.Object) bool) bool {
	if isIO(c) {
		return kind(c.Object)
	}
	return c.Ring != nil && slices.ContainsFunc(c.Ring.Submitted, func(s trace.SQE) bool {
		return slices.Contains(dataOps, s.Op) && kind(s.Object)
	})
}

// ServerEndFixed: all clients are met at one address and port of the server, and only their own ends differ.
//
// A server that gives a client a port of its own, as people think accept does and as FTP's data connections do, shows
// by a socket that listens elsewhere once clients are there. Other ports that it listened on before are other services;
// what it connects to is no client.
func ServerEndFixed(rec *trace.Recording) Finding {
	j := judge{rec,
		"one local address and port for all clients, however many there are",
		"no further port for a client: accept's new socket has the listener's"}
	cs := rec.Connections()
	if len(cs) < 2 {
		return j.unclear("%s; two at least are needed to compare", plural(len(cs), "connection"))
	}
	var accepts []*trace.Call
	locals, peers := map[string]bool{}, map[string]bool{}
	for _, c := range cs {
		accepts = append(accepts, c.Accept)
		locals[c.Local], peers[c.Peer] = true, true
	}
	if calls, elsewhere := listensLater(rec); len(elsewhere) > 0 {
		f := j.fail(first(calls, 6), "%s opened after the first client had come, the first of them on %s", plural(len(elsewhere), "further listening socket"), elsewhere[0].Local)
		for _, s := range first(elsewhere, 3) {
			f = f.told("%s listens on %s", s.Object, s.Local)
		}
		return f
	}
	if len(locals) > 1 {
		return j.fail(accepts, "%d local ends for %s", len(locals), plural(len(cs), "connection"))
	}
	return j.pass(first(accepts, 3), "%s, one local end %s, %s", plural(len(cs), "connection"), cs[0].Local, plural(len(peers), "remote end"))
}

// listensLater lists the stream sockets that began to listen on another port after the first client had come, and the
// calls that name them.
func listensLater(rec *trace.Recording) (calls []*trace.Call, sockets []trace.Socket) {
	from, _ := lifetime(rec.Connections()[0])
	wanted, _ := netip.ParseAddrPort(rec.Header.Address)
	elsewhere := map[trace.Object]bool{}
	for _, s := range rec.Sockets {
		local, err := netip.ParseAddrPort(s.Local)
		if s.Listening && s.Type == "stream" && s.At > from && err == nil && local.Port() != wanted.Port() {
			sockets, elsewhere[s.Object] = append(sockets, s), true
		}
	}
	slices.SortFunc(sockets, func(a, b trace.Socket) int { return int(a.At - b.At) })
	for _, c := range rec.Calls {
		if elsewhere[c.Object] {
			calls = append(calls, c)
		}
	}
	return calls, sockets
}
