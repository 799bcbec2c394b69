//go:build linux

package subject

import (
	"net/netip"
	"time"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/trace"
)

// Load says how much the exercise asks of a server. Its standard is enough to tell the architectures apart.
type Load struct {
	Held     int           // connections held open together; more than any usual pool has threads
	Rounds   int           // requests of each of them
	Together int           // connections that write at the same moment
	Burst    int           // connections that come at once
	Waves    int           // further bursts, at most, until two processes of the server accept; 0 in the standard
	Short    int           // connections that come one after another, each when the one before is gone
	Large    int           // bytes of a message that no usual read takes in at once
	Reply    int           // bytes of the answer that is read late: more than the kernel buffers
	Quiet    time.Duration // how long nobody does anything

	// Command makes the traffic in place of our clients: a line for the shell, in which {address} and {port} stand for where
	// the server listens. Its clients are not in the recording as such; what the server did for them is.
	Command string

	// TimeScale multiplies the patience for answers, 2 s each; 0: 1. It changes nothing for a server that answers.
	TimeScale float64
}

// StandardLoad is what every server is exercised with.
func StandardLoad() Load {
	return Load{
		Held: 30, Rounds: 3, Together: 12, Burst: 60, Short: 4,
		Large: 256 << 10, Reply: 5 << 20, Quiet: 200 * time.Millisecond, TimeScale: 1,
	}
}

// Result is what came of an exercise.
type Result struct {
	Clients       []trace.Client // what each client did, in the order in which they came
	Before, After Counts         // of the server: before the first client, and when the last was gone
	Answered      int            // exchanges answered rightly
	Unanswered    int            // exchanges answered wrongly or not at all
	Ready         int            // most events that one wait of the server returned while clients wrote together; 0 when not traced
	Filled        bool           // the big answer really filled the buffers before it was read
	LeftOpen      int            // connections that the server did not close though the client had
	Elapsed       time.Duration
}

// Counts is what a server holds.
type Counts struct {
	Processes   int   // those that live
	Threads     int   // of all of them
	Descriptors int   // of all of them, as far as they may be seen
	Zombies     int   // children that ended and were not reaped
	RSS         int64 // resident memory in bytes, of all of them
}

// Connections counts the connections that the server's processes hold now: those that it accepted and has not closed. A
// connection that two processes hold counts once; one that nobody has accepted yet does not count.
func (s *Subject) Connections() (int, error) {
	at, err := netip.ParseAddrPort(s.Address())
	if err != nil {
		return 0, err
	}
	held, err := s.family.sockets()
	if err != nil {
		return 0, err
	}
	all, err := proc.Find(proc.Query{States: []proc.TCPState{proc.Established, proc.CloseWait}, Port: at.Port()})
	n := 0
	for _, c := range all {
		if held[c.Inode] {
			n++
		}
	}
	return n, err
}

// PIDs lists the server's processes that live, the first one first.
func (s *Subject) PIDs() ([]int, error) {
	members, err := s.family.read()
	var pids []int
	for _, p := range members {
		if p.Alive() {
			pids = append(pids, p.PID)
		}
	}
	return pids, err
}

// Counts looks at what the server holds now.
func (s *Subject) Counts() (Counts, error) {
	members, err := s.family.read()
	if err != nil {
		return Counts{}, err
	}
	c := Counts{Zombies: zombies(members)}
	for _, p := range members {
		if !p.Alive() {
			continue
		}
		c.Processes++
		c.Threads += p.Threads
		c.RSS += p.RSS
		if links, err := proc.Links(p.PID); err == nil {
			c.Descriptors += len(links)
		}
	}
	return c, nil
}
