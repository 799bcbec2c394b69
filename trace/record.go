package trace

import "time"

// A Record is one line of a recording: exactly one of its fields is set.
type Record struct {
	Header *Header `json:"header,omitempty"` // always the first
	Born   *Born   `json:"born,omitempty"`
	Exec   *Exec   `json:"exec,omitempty"`
	Exit   *Exit   `json:"exit,omitempty"`
	Socket *Socket `json:"socket,omitempty"`
	Call   *Call   `json:"call,omitempty"`
	Client *Client `json:"client,omitempty"`
	Mark   *Mark   `json:"mark,omitempty"`
	End    *End    `json:"end,omitempty"` // always the last; a recording without it was cut short
}

// A Sink takes records as they are observed. Put may be called by several goroutines.
type Sink interface {
	Put(Record) error
}

// Time is nanoseconds of the monotonic clock since Header.Started. 0 means: did not happen (yet).
type Time int64

// Header says what was recorded, where and how.
type Header struct {
	Format  string    `json:"format"`  // "iospec/trace"
	Version int       `json:"version"` // Version of this package
	Source  string    `json:"source"`  // who observed: "ptrace"
	Kernel  string    `json:"kernel"`  // uname release, "6.18.44"
	Arch    string    `json:"arch"`    // GOARCH
	Command []string  `json:"command"`
	Address string    `json:"address,omitempty"` // the listener the clients used, "127.0.0.1:6390"
	Started time.Time `json:"started"`
}

// Object names a kernel object in the server, so that two descriptors of the same object compare equal: across dup,
// fork, exec, threads and SCM_RIGHTS.
//
//	socket:4711   inode of any socket             pipe:99      inode
//	epoll:1       numbered by the tracer          eventfd:3    eventfd-id of fdinfo
//	ring:1        io_uring, numbered              file:/path   anything with a name
//	timerfd:1 signalfd:1 pidfd:1 other:…          ""           not known
type Object string

// Born tells of a new task: a thread, or the first thread of a process.
type Born struct {
	At     Time   `json:"at"`
	TID    int    `json:"tid"`
	PID    int    `json:"pid"`              // thread group; TID == PID for the first thread of a process
	Parent int    `json:"parent,omitempty"` // tid of the creator, 0 for the command itself
	How    string `json:"how"`              // "start", "thread", "fork", "vfork", "process" (clone without CLONE_THREAD)
	Flags  uint64 `json:"flags,omitempty"`  // clone flags, where known
	Comm   string `json:"comm,omitempty"`
}

// Exec tells that the process PID now runs another program. By then its other threads are gone.
type Exec struct {
	At   Time   `json:"at"`
	PID  int    `json:"pid"`
	Old  int    `json:"old,omitempty"` // tid that called execve, if it was not the leader
	Path string `json:"path"`
}

// Exit tells that a task ended.
type Exit struct {
	At     Time   `json:"at"`
	TID    int    `json:"tid"`
	PID    int    `json:"pid"`
	Status int    `json:"status"`           // exit status, 0 when a signal killed it
	Signal string `json:"signal,omitempty"` // "SIGKILL"
	Leader bool   `json:"leader,omitempty"` // the process ended with it
}

// Socket describes a socket of the server when it became known or changed: a later record of the same object replaces
// an earlier one.
type Socket struct {
	At        Time   `json:"at"`
	Object    Object `json:"object"`
	Domain    string `json:"domain"`              // "inet", "inet6", "unix", "netlink", …
	Type      string `json:"type"`                // "stream", "dgram", …
	Listening bool   `json:"listening,omitempty"` // SO_ACCEPTCONN
	Local     string `json:"local,omitempty"`     // "127.0.0.1:6390"; IPv4-mapped addresses are written as IPv4
	Peer      string `json:"peer,omitempty"`      // the client's end, of a connected socket
}

// Call is one system call. Enter and Exit are stops of the same thread; calls of different threads are ordered by
// nothing better than these times.
type Call struct {
	Seq    int64  `json:"seq"` // 1, 2, … in the order in which the tracer saw the calls enter
	Enter  Time   `json:"enter"`
	Exit   Time   `json:"exit,omitempty"` // 0: still inside when the recording or the thread ended
	TID    int    `json:"tid"`
	PID    int    `json:"pid"`
	Name   string `json:"name"` // the kernel's name: "pselect6", "recvfrom"
	Family Family `json:"family"`

	FD       int    `json:"fd"`                 // the descriptor it works on, -1 if none (poll, fork, …)
	Object   Object `json:"object,omitempty"`   // what that descriptor named at the enter stop
	Nonblock bool   `json:"nonblock,omitempty"` // the description had O_NONBLOCK, or the call MSG_DONTWAIT

	Result int64  `json:"result"`          // as returned; -1 with Errno
	Errno  string `json:"errno,omitempty"` // "EAGAIN"; also "ERESTARTSYS" and its kin, as ptrace shows them

	Want    int64  `json:"want,omitempty"`    // read, write: bytes asked for (iovecs summed)
	Flags   uint64 `json:"flags,omitempty"`   // accept4, send, recv, clone, epoll_create1, io_uring_setup, socket type flags …
	Address string `json:"address,omitempty"` // decoded sockaddr: accept's peer, bind's and connect's address
	Made    []FD   `json:"made,omitempty"`    // descriptors the call made: accept, socket, dup, pipe, epoll_create1 …
	Passed  []FD   `json:"passed,omitempty"`  // descriptors that travelled by SCM_RIGHTS (sendmsg, recvmsg)
	Option  string `json:"option,omitempty"`  // fcntl, ioctl, setsockopt: "F_SETFL", "FIONBIO", "SO_REUSEPORT"
	Value   int64  `json:"value,omitempty"`   // its argument; close_range: the first descriptor, with the last in Want

	NFDs    int      `json:"nfds,omitempty"`    // select, poll: as passed; epoll_wait: maxevents
	Timeout Time     `json:"timeout,omitempty"` // select, poll, epoll_wait: ns; -1 for ever
	Polls   []PollFD `json:"polls,omitempty"`   // select, poll: the whole set, as passed and as it came back
	Ctl     *Ctl     `json:"ctl,omitempty"`     // epoll_ctl
	Ready   []Event  `json:"ready,omitempty"`   // epoll_wait: what it returned
	Ring    *Ring    `json:"ring,omitempty"`    // io_uring_enter

	Found bool `json:"found,omitempty"` // nobody was seen to make this call: it tells what was so when the observer came

	Child int `json:"child,omitempty"` // fork and clone: tid of the new task; wait: pid that was reaped
}

// FD is a descriptor number and what it names.
type FD struct {
	FD     int    `json:"fd"`
	Object Object `json:"object,omitempty"`
}

// PollFD is one entry of poll, or one descriptor of select: there Events is POLLIN for the read set, POLLOUT for the
// write set and POLLPRI for the exception set, and Revents the bits that came back.
type PollFD struct {
	FD      int    `json:"fd"`
	Object  Object `json:"object,omitempty"`
	Events  uint32 `json:"events"`
	Revents uint32 `json:"revents,omitempty"`
}

// The event bits of poll(2) and epoll(7), which are the same numbers on Linux.
const (
	In        uint32 = 0x1
	Pri       uint32 = 0x2
	Out       uint32 = 0x4
	Err       uint32 = 0x8
	Hup       uint32 = 0x10
	Nval      uint32 = 0x20
	Rdhup     uint32 = 0x2000
	Exclusive uint32 = 1 << 28
	OneShot   uint32 = 1 << 30
	Edge      uint32 = 1 << 31
)

// Ctl is the change that one epoll_ctl asks for. The instance is Call.Object.
type Ctl struct {
	Op     string `json:"op"` // "ADD", "MOD", "DEL"
	FD     int    `json:"fd"`
	Object Object `json:"object,omitempty"`
	Events uint32 `json:"events,omitempty"`
	Data   uint64 `json:"data,omitempty"`
}

// Event is one epoll_event that came back. Data is what Ctl.Data was at the registration.
type Event struct {
	Events uint32 `json:"events"`
	Data   uint64 `json:"data"`
}

// Ring is what one io_uring_enter submitted and what completions were there when it returned.
type Ring struct {
	Submitted []SQE `json:"submitted,omitempty"`
	Completed []CQE `json:"completed,omitempty"`
}

// SQE is one submission of io_uring.
type SQE struct {
	Op     string `json:"op"` // "ACCEPT", "RECV", "SEND", "POLL_ADD", …; "OP_61" when not known
	FD     int    `json:"fd"`
	Object Object `json:"object,omitempty"`
	Fixed  bool   `json:"fixed,omitempty"` // FD is an index of the ring's file table
	Addr   uint64 `json:"addr,omitempty"`
	Len    uint32 `json:"len,omitempty"`
	Flags  uint32 `json:"flags,omitempty"`  // IOSQE_*
	OpBits uint32 `json:"opbits,omitempty"` // ioprio: multishot and the like
	Data   uint64 `json:"data,omitempty"`
}

// CQE is one completion of io_uring.
type CQE struct {
	Data   uint64 `json:"data"`
	Result int32  `json:"result"`
	Flags  uint32 `json:"flags,omitempty"`
}

// Client is what one of the tester's own connections did. Its local port is the connection's identity.
type Client struct {
	Port      int        `json:"port"`             // the client's own port
	Role      string     `json:"role"`             // why it was there: "idle", "half", "held", "burst", "together", "short", "big"
	Opened    Time       `json:"opened"`           // before it began to connect
	Closed    Time       `json:"closed,omitempty"` // 0: still open when the exercise ended
	Exchanges []Exchange `json:"exchanges,omitempty"`
	Error     string     `json:"error,omitempty"` // what went wrong, in words; "" when all was answered rightly
}

// Exchange is one request and its answer.
type Exchange struct {
	Sent     Time  `json:"sent"`               // before the last byte of the request was written
	Answered Time  `json:"answered,omitempty"` // after the last byte of the answer was read; 0: never
	Out      int64 `json:"out"`                // bytes of the request
	In       int64 `json:"in,omitempty"`       // bytes of the answer
}

// Mark names a moment of the exercise.
type Mark struct {
	At   Time   `json:"at"`
	Name string `json:"name"` // "listening", "phase burst", "stop"
}

// End closes a recording that was not cut short.
type End struct {
	At      Time   `json:"at"`
	Calls   int64  `json:"calls"`
	Lost    int64  `json:"lost,omitempty"`    // calls the observer knows it missed
	Zombies int    `json:"zombies,omitempty"` // unreaped children of the server when it was told to stop
	Reason  string `json:"reason,omitempty"`  // "exited", "stopped", "killed", "detached"
}
