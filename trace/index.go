package trace

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// index is what the queries know of a recording. It is built once and then only read.
type index struct {
	connections []*Connection
	byObject    map[Object]*Connection
	listeners   []Object
	listens     map[Object]bool
	sets        []*WaitSet
	setByID     map[string]*WaitSet
	waits       []*Wait
	waitOf      map[*Call]*Wait
	byThread    map[int][]*Call
	holdings    map[Object][]Holding
	operations  []*Operation
	completed   map[*Call][]Completion
}

func newIndex(r *Recording) *index {
	x := &index{
		byObject: map[Object]*Connection{},
		listens:  map[Object]bool{},
		setByID:  map[string]*WaitSet{},
		waitOf:   map[*Call]*Wait{},
		byThread: map[int][]*Call{},

		completed: map[*Call][]Completion{},
	}
	for _, c := range r.Calls {
		x.byThread[c.TID] = append(x.byThread[c.TID], c)
	}
	x.findListeners(r)
	x.findConnections(r)
	x.findSets(r)
	x.findOperations(r)
	replay(r, x)
	return x
}

// findListeners takes the listening stream sockets on the recorded address.
func (x *index) findListeners(r *Recording) {
	wanted, known := address(r.Header.Address)
	var found []Socket
	for _, s := range r.Sockets {
		local, ok := address(s.Local)
		if s.Listening && (!known || ok && reaches(local, wanted)) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b Socket) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Object, b.Object)) })
	for _, s := range found {
		x.listeners = append(x.listeners, s.Object)
		x.listens[s.Object] = true
	}
}

// reaches reports whether a connection to wanted can end at a socket bound to local.
func reaches(local, wanted netip.AddrPort) bool {
	return local.Port() == wanted.Port() &&
		(local.Addr() == wanted.Addr() || local.Addr().IsUnspecified() || wanted.Addr().IsUnspecified())
}

// findConnections takes the sockets whose peer is one of the tester's ports, and gathers the calls that name them.
func (x *index) findConnections(r *Recording) {
	for _, s := range r.Sockets {
		if c := r.connection(s); c != nil {
			x.byObject[s.Object] = c
		}
	}
	for _, call := range r.Calls {
		if s, ok := r.accepted(call); ok && (x.listens[call.Object] || len(x.listeners) == 0) {
			if c := r.connection(s); c != nil {
				x.byObject[s.Object] = c
			}
		}
		if c := x.byObject[call.Object]; c != nil {
			c.Calls = append(c.Calls, call)
		}
		for _, fd := range call.Passed {
			if c := x.byObject[fd.Object]; c != nil {
				c.Passed = append(c.Passed, call)
			}
		}
		for _, fd := range call.Made {
			c := x.byObject[fd.Object]
			if c == nil || fd.Object == call.Object {
				continue
			}
			c.Calls = append(c.Calls, call)
			if call.Family == FamilyAccept && c.Accept == nil {
				c.Accept = call
			}
		}
	}
	x.nameConnections(r)
}

// accepted describes a socket of which only the accept tells: one that was reset before anybody could look it up.
func (r *Recording) accepted(call *Call) (Socket, bool) {
	if call.Family != FamilyAccept || len(call.Made) != 1 || call.Address == "" || call.Made[0].Object == "" {
		return Socket{}, false
	}
	known := r.Sockets[call.Made[0].Object]
	return Socket{At: call.Exit, Object: call.Made[0].Object, Local: r.Header.Address, Peer: call.Address}, known.Peer == ""
}

// nameConnections orders the connections by their first call, or by when their socket became known, and numbers them.
func (x *index) nameConnections(r *Recording) {
	for _, c := range x.byObject {
		x.connections = append(x.connections, c)
	}
	first := func(c *Connection) Time {
		switch known, ok := r.Sockets[c.Object]; {
		case c.Accept != nil:
			return c.Accept.Exit
		case len(c.Calls) > 0 && (!ok || c.Calls[0].Enter < known.At):
			return c.Calls[0].Enter
		default:
			return known.At
		}
	}
	slices.SortFunc(x.connections, func(a, b *Connection) int {
		return cmp.Or(cmp.Compare(first(a), first(b)), cmp.Compare(a.Object, b.Object))
	})
	for i, c := range x.connections {
		c.Name = "c" + strconv.Itoa(i+1)
	}
}

// connection makes the tester's connection out of a socket, or nil when it is somebody else's.
func (r *Recording) connection(s Socket) *Connection {
	if s.Listening {
		return nil
	}
	peer, ok := address(s.Peer)
	if !ok {
		return nil
	}
	local, ok := address(s.Local)
	wanted, known := address(r.Header.Address)
	if known && (!ok || local.Port() != wanted.Port()) {
		return nil
	}
	c := &Connection{Client: r.client(int(peer.Port()), s.At), Object: s.Object, Local: s.Local, Peer: s.Peer}
	if c.Client == nil && r.End != nil && len(r.Clients) > 0 {
		return nil
	}
	return c
}

// client finds who had the port at the time. Ports are reused: of several clients it is the last that opened before
// the server knew the socket.
func (r *Recording) client(port int, at Time) *Client {
	var found *Client
	for i := range r.Clients {
		c := &r.Clients[i]
		if c.Port != port {
			continue
		}
		if found == nil || c.Opened <= at && c.Opened > found.Opened || found.Opened > at {
			found = c
		}
	}
	return found
}

// address parses "1.2.3.4:5" or "[::1]:5". IPv4-mapped addresses become IPv4, so that they compare equal. "localhost"
// and a missing host are understood, since that is what people type.
func address(s string) (netip.AddrPort, bool) {
	if rest, ok := strings.CutPrefix(s, "localhost:"); ok {
		s = "127.0.0.1:" + rest
	} else if strings.HasPrefix(s, ":") {
		s = "0.0.0.0" + s
	}
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), true
}

// findSets groups the waiting calls and the epoll_ctl calls by the set they work on.
func (x *index) findSets(r *Recording) {
	for _, c := range r.Calls {
		switch c.Family {
		case FamilyEpoll:
			for _, fd := range c.Made {
				if fd.Object != "" {
					x.set(string(fd.Object), FamilyWait)
				}
			}
		case FamilyEpollCtl:
			s := x.set(epollID(c), FamilyWait)
			s.Ctls = append(s.Ctls, c)
		case FamilyWait:
			x.wait(c, x.set(epollID(c), FamilyWait))
		case FamilySelect, FamilyPoll:
			x.wait(c, x.set(fmt.Sprintf("%s@%d", c.Family, c.TID), c.Family))
		}
	}
}

// epollID names an instance. One that the observer could not name is at least one per process and descriptor.
func epollID(c *Call) string {
	if c.Object == "" {
		return fmt.Sprintf("epoll@%d/%d", c.PID, c.FD)
	}
	return string(c.Object)
}

func (x *index) set(id string, f Family) *WaitSet {
	s := x.setByID[id]
	if s == nil {
		s = &WaitSet{ID: id, Family: f}
		x.setByID[id] = s
		x.sets = append(x.sets, s)
	}
	return s
}

func (x *index) wait(c *Call, s *WaitSet) {
	w := &Wait{Call: c, Set: s}
	s.Waits = append(s.Waits, w)
	x.waits = append(x.waits, w)
	x.waitOf[c] = w
	if s.Family != FamilyWait {
		x.resolvePolls(w)
	}
}

// resolvePolls reads the members' degree and the reports off the arguments of select and poll.
func (x *index) resolvePolls(w *Wait) {
	seen := map[Object]bool{}
	for _, p := range w.Call.Polls {
		if p.FD < 0 {
			continue
		}
		if x.byObject[p.Object] != nil && !seen[p.Object] {
			seen[p.Object] = true
			w.Degree++
		}
		if p.Revents != 0 && w.Call.Result > 0 {
			w.Reports = append(w.Reports, Report{FD: p.FD, Object: p.Object, Events: p.Revents})
		}
	}
}

// made gives the descriptor under which the call made the object, or -1.
func made(c *Call, o Object) int {
	for _, fd := range c.Made {
		if fd.Object == o {
			return fd.FD
		}
	}
	return -1
}
