package trace

// Connection is one of the tester's connections, as the server had it. Its identity is the client's port.
type Connection struct {
	Name   string  // "c1", "c2", … in the order in which the server got them
	Client *Client // what the tester did with it; nil when the recording was cut short or somebody else drove the server
	Object Object  // the server's socket
	Local  string
	Peer   string
	Accept *Call   // the call that returned it; nil when an io_uring completion or another process brought it
	Calls  []*Call // every call that names the socket: read, write, option, shutdown, close families, by Seq
	Passed []*Call // the calls by which it travelled to another process (SCM_RIGHTS), sent and received, by Seq
}

// FD is the descriptor number under which the server got the connection, or -1 when that was not seen.
func (c *Connection) FD() int {
	if c.Accept == nil {
		return -1
	}
	return made(c.Accept, c.Object)
}

// WaitSet is what one demultiplexer watches: an epoll instance, or the set that a thread hands to select or poll anew
// in each call.
type WaitSet struct {
	ID      string // "epoll:1"; "select@TID", "poll@TID"
	Family  Family // FamilySelect, FamilyPoll or FamilyWait
	Waits   []*Wait
	Ctls    []*Call // epoll_ctl on it, by Seq
	Watched []Watch // epoll only: the memberships over time, by their beginning
}

// Watch is one membership of an epoll instance: from the call that added or changed it until it was changed, removed,
// or the last descriptor of the object was closed.
type Watch struct {
	Member
	Ctl   *Call // the ADD or MOD that made it
	From  Time
	Until Time // 0: to the end of the recording
}

// At reports whether the membership stood at the time.
func (w Watch) At(t Time) bool { return w.From <= t && (w.Until == 0 || t < w.Until) }

// Wait is one call that waits on a set.
type Wait struct {
	Call    *Call
	Set     *WaitSet
	Reports []Report // what it returned, event by event, resolved to objects
	Degree  int      // how many of the tester's connections are among the members: this tells a multiplexer
}

// Members lists what was watched when the call entered. It is computed when asked: the sets are large, and few
// predicates look inside.
func (w *Wait) Members() []Member {
	var members []Member
	if w.Set.Family == FamilyWait {
		for _, watch := range w.Set.Watched {
			if watch.At(w.Call.Enter) {
				members = append(members, watch.Member)
			}
		}
		return members
	}
	for _, p := range w.Call.Polls {
		if p.FD >= 0 {
			members = append(members, Member{FD: p.FD, Object: p.Object, Events: p.Events})
		}
	}
	return members
}

// Member is one watched descriptor.
type Member struct {
	FD     int
	Object Object
	Events uint32 // as registered, with Edge, OneShot, Exclusive
	Data   uint64 // epoll only
}

// Report is one event that a wait returned. FD is -1 and Object empty when the event's data fits several members, or
// none that was seen to be added.
type Report struct {
	FD     int
	Object Object
	Events uint32
}

// Connections lists the tester's connections in the order in which the server got them. A connected socket is the
// tester's when its own end is the recorded address and its peer a client's port. In a recording that was cut short,
// or that knows of no client at all, every connection to the address counts.
func (r *Recording) Connections() []*Connection { return r.indexed().connections }

// Connection gives the tester's connection that the object is, or nil.
func (r *Recording) Connection(o Object) *Connection { return r.indexed().byObject[o] }

// Listeners lists the sockets that listen on the recorded address, wildcards included, in the order in which they
// became known. There may be several (SO_REUSEPORT).
func (r *Recording) Listeners() []Object { return r.indexed().listeners }

// Listens reports whether the object is one of the Listeners.
func (r *Recording) Listens(o Object) bool { return r.indexed().listens[o] }

// WaitSets lists every set that anybody made or waited on, in the order in which they were first seen.
func (r *Recording) WaitSets() []*WaitSet { return r.indexed().sets }

// Waits lists every call of the select, poll and epoll_wait families by Seq.
func (r *Recording) Waits() []*Wait { return r.indexed().waits }

// Wait gives what is known about a waiting call, or nil if the call does not wait on a set.
func (r *Recording) Wait(c *Call) *Wait { return r.indexed().waitOf[c] }

// Holding is the time during which a process had an object open by a number.
type Holding struct {
	PID   int // where processes share their descriptors (CLONE_FILES): the first of them
	FD    int
	From  Time // made, received, inherited; or when a call first named it, if nothing of these was seen
	Until Time // closed, by close, close_range, dup2, exec or the end of the process; 0: never
}

// At reports whether the process had the object then.
func (h Holding) At(t Time) bool { return h.From <= t && (h.Until == 0 || t < h.Until) }

// Holdings tells which processes had the object open, and when, as far as the calls tell, by their beginning.
func (r *Recording) Holdings(o Object) []Holding { return r.indexed().holdings[o] }

// Thread lists the calls of one thread by Seq.
func (r *Recording) Thread(tid int) []*Call { return r.indexed().byThread[tid] }

// indexed derives the answers once, and again after a Put.
func (r *Recording) indexed() *index {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index == nil {
		r.index = newIndex(r)
	}
	return r.index
}
