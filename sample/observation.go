package sample

import "github.com/iospec/iospec/trace"

// Observation is all that was seen of a server.
type Observation struct {
	Command []string `json:"command"`
	Address string   `json:"address"`
	Kernel  string   `json:"kernel"`
	Sight   Sight    `json:"sight"`
	Looks   []Look   `json:"looks"`
	Turns   []Turn   `json:"turns"`
	Clients []Client `json:"clients"`
}

// Sight is what could be seen at all. What is not seen is not there for whoever judges.
type Sight struct {
	Descriptors bool     `json:"descriptors"` // what descriptors name and epoll instances watch: PTRACE_MODE_READ, ptrace(2)
	Calls       bool     `json:"calls"`       // the call in which a thread waits, and its arguments: PTRACE_MODE_ATTACH
	Waits       bool     `json:"waits"`       // the kernel function in which a thread waits: PTRACE_MODE_READ
	Bytes       bool     `json:"bytes"`       // how much a thread has read and written by its files: PTRACE_MODE_READ
	Arrays      bool     `json:"arrays"`      // what select and poll were given: PTRACE_MODE_ATTACH
	Blind       []string `json:"blind"`       // what was refused, and why, in words
}

// Look is the server as it was at one moment: at rest, if it ever rests.
type Look struct {
	Name        string       `json:"name"` // "before", "arrived", "held", "left", "again", "after"
	Rested      bool         `json:"rested"`
	Clients     int          `json:"clients"` // that were connected, by their own account
	Unanswered  int          `json:"unanswered"`
	Processes   []Process    `json:"processes"`
	Listeners   []uint64     `json:"listeners"` // inodes
	Connections []Connection `json:"connections"`
}

// Connection is the server's end of a client's connection.
type Connection struct {
	Port  int    `json:"port"`  // of the client
	Inode uint64 `json:"inode"` // 0: nobody has accepted it
}

// Process is one of the server's.
type Process struct {
	PID         int          `json:"pid"`
	Parent      int          `json:"parent"`
	Comm        string       `json:"comm"`
	Zombie      bool         `json:"zombie,omitempty"`
	Descriptors []Descriptor `json:"descriptors"` // sockets, epoll instances and rings
	Threads     []Thread     `json:"threads"`
}

// Descriptor is one that counts: a socket, an epoll instance, or a ring.
type Descriptor struct {
	FD       int      `json:"fd"`
	Inode    uint64   `json:"inode,omitempty"`    // a socket's
	Nonblock bool     `json:"nonblock,omitempty"` // a socket's: O_NONBLOCK
	Epoll    bool     `json:"epoll,omitempty"`
	Watched  []Member `json:"watched,omitempty"` // by the epoll instance
	Ring     bool     `json:"ring,omitempty"`
	Pending  []string `json:"pending,omitempty"` // operations of the ring that wait for a file: "RECV", "ACCEPT", "POLL_ADD"
}

// Member is a descriptor that somebody waits for.
type Member struct {
	FD     int    `json:"fd"`
	Inode  uint64 `json:"inode,omitempty"` // a socket's
	Events uint32 `json:"events"`
}

// Thread is one of a process, and what it waits for.
type Thread struct {
	TID    int    `json:"tid"`
	Comm   string `json:"comm"`
	Asleep bool   `json:"asleep"`
	Wait   Wait   `json:"wait"`
}

// Wait is the call in which a thread sleeps.
type Wait struct {
	Family  trace.Family `json:"family,omitempty"`  // "": it sleeps in none that we know, or which one may not be seen
	Either  bool         `json:"either,omitempty"`  // select or poll, which the kernel function does not tell apart
	FD      int          `json:"fd"`                // -1: none, or not seen
	Members []Member     `json:"members,omitempty"` // of select and poll
}

// The kinds of a turn.
const (
	Arrival = "arrival" // a client came, and asked
	Request = "request" // a client that was there asked
	Heavy   = "heavy"   // the same with a long request: who moves it spends more time on a processor than who does not
	Nothing = "nothing" // nobody did anything: who ran is restless by itself
)

// Turn is one thing that happened between two rests, and who ran for it.
type Turn struct {
	Kind     string `json:"kind"`
	Port     int    `json:"port,omitempty"`
	Answered bool   `json:"answered"`
	Asked    int    `json:"asked"` // bytes of the request
	Got      int    `json:"got"`   // and of the answer
	Ran      []Run  `json:"ran"`
	Born     []int  `json:"born,omitempty"` // threads that were not there before
}

// Run is a thread that gave its processor up at least once: it was awake, and slept again.
type Run struct {
	TID   int    `json:"tid"`
	PID   int    `json:"pid"`
	Slept uint64 `json:"slept"` // how many times
	Read  uint64 `json:"read"`  // bytes, by calls that are accounted for: read(2), not recv(2)
	Wrote uint64 `json:"wrote"`
	Spent int64  `json:"spent"` // nanoseconds on a processor
}

// Client is what one of the clients did.
type Client struct {
	Port     int `json:"port"`
	Asked    int `json:"asked"`
	Answered int `json:"answered"`
}
