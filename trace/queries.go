package trace

// Connection is one of the tester's connections, as the server had it. Its identity is the client's port.
type Connection struct {
	Client *Client // what the tester did with it
	Object Object  // the server's socket
	Local  string
	Peer   string
	Accept *Call   // the call that returned it; nil when an io_uring completion or another process brought it
	Calls  []*Call // every call that names the socket: read, write, option, shutdown, close families, by Seq
}

// WaitSet is what one demultiplexer watches: an epoll instance, or the set that a thread hands to select or poll anew
// in each call.
type WaitSet struct {
	ID     string // "epoll:1"; "select@TID", "poll@TID"
	Family Family // FamilySelect, FamilyPoll or FamilyWait
	Waits  []*Wait
	Ctls   []*Call // epoll_ctl on it, by Seq
}

// Wait is one call that waits on a set.
type Wait struct {
	Call    *Call
	Set     *WaitSet
	Members []Member // what was watched when the call entered
	Reports []Report // what it returned, event by event, resolved to objects
	Degree  int      // how many of the tester's connections are among the members: this tells a multiplexer
}

// Member is one watched descriptor.
type Member struct {
	FD     int
	Object Object
	Events uint32 // as registered, with Edge, OneShot, Exclusive
	Data   uint64 // epoll only
}

// Report is one event that a wait returned.
type Report struct {
	FD     int
	Object Object
	Events uint32
}
