package identify

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// Facts are what was seen, in numbers, whatever the server is.
type Facts struct {
	Connections int `json:"connections"` // that were served
	AtOnce      int `json:"atOnce"`      // of them at the same time, at most
	Answered    int `json:"answered"`    // requests

	Processes int    `json:"processes"` // that ever were
	Threads   int    `json:"threads"`   // of all of them, the first of each included
	Roles     []Role `json:"roles"`     // what they do for clients; who does nothing for any is not there

	Sets      []Set     `json:"waitSets"`
	Listeners int       `json:"listeners"`
	HandOvers HandOvers `json:"handOvers"`
	Herd      Herd      `json:"herd"`
	Blocking  Blocking  `json:"blocking"`
	Rings     *Rings    `json:"ioUring,omitempty"`
}

// Role is what some threads do for clients: any of accepts, waits, reads, writes, works (sends word to who serves).
type Role struct {
	Does        []string `json:"does"`
	Threads     int      `json:"threads"`
	Processes   int      `json:"processes"`
	Connections int      `json:"connections"` // accepted, read or written by them
	Example     int      `json:"example"`     // the tid of one of them
}

// Set is what tells of several connections.
type Set struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`   // a demultiplexer
	AtOnce  int    `json:"atOnce"` // connections in one wait, at most
	Waiters []int  `json:"waiters"`
}

// HandOvers counts what goes between threads and processes while clients are served.
type HandOvers struct {
	Connections int `json:"connections"` // that another thread serves than has accepted them
	Descriptors int `json:"descriptors"` // that another process got by SCM_RIGHTS
	Inherited   int `json:"inherited"`   // that a process made after the accept serves
	Words       int `json:"words"`       // requests that were answered after word from another thread or process
}

// Herd counts who is woken for a new client.
type Herd struct {
	Waiting int `json:"waiting"` // threads that wait for a listener with others
	Waits   int `json:"waits"`
	Vain    int `json:"vain"` // wake-ups that found nobody: others had been faster
}

// Blocking counts reads of connections.
type Blocking struct {
	Reads    int `json:"reads"`
	Blocking int `json:"blocking"` // on descriptors without O_NONBLOCK
	Empty    int `json:"empty"`    // that found nothing (EAGAIN)
}

// Rings counts what io_uring was used for.
type Rings struct {
	Operations int `json:"operations"` // that read or write connections
	Polls      int `json:"polls"`      // that ask for readiness
	Other      int `json:"other"`      // files, timers, wake-ups
}

func factsOf(s *survey) Facts {
	f := Facts{
		Connections: len(s.conns) + s.rings.total(), AtOnce: s.open, Answered: s.answered,
		Processes: len(s.leaders), Threads: len(s.rec.Tasks), Listeners: len(s.rec.Listeners()), Roles: s.roles(),
	}
	for _, one := range s.sets {
		f.Sets = append(f.Sets, Set{one.id, demultiplexers[one.family], one.degree, one.waiters})
	}
	for _, c := range s.conns {
		f.count(c)
	}
	for _, tid := range s.waiting() {
		words, _ := check.Errands(s.rec, tid)
		f.HandOvers.Words += len(words)
	}
	for _, l := range s.lookouts {
		f.Herd.Waiting++
		f.Herd.Waits += l.Waits
		f.Herd.Vain += l.Vain
	}
	moved := len(s.rings.moving)
	if moved+s.rings.asked+s.rings.other > 0 {
		f.Rings = &Rings{moved, s.rings.asked, s.rings.other}
	}
	return f
}

func (f *Facts) count(c *conn) {
	if c.Accept != nil && len(c.threads) > 0 && !slices.Contains(c.threads, c.Accept.TID) {
		f.HandOvers.Connections++
	}
	if len(c.Passed) > 0 {
		f.HandOvers.Descriptors++
	} else if c.Accept != nil && len(c.processes) > 0 && !slices.Contains(c.processes, c.Accept.PID) {
		f.HandOvers.Inherited++
	}
	for _, call := range c.io {
		if call.Family != trace.FamilyRead {
			continue
		}
		f.Blocking.Reads++
		if !call.Nonblock {
			f.Blocking.Blocking++
		}
		if call.Errno == "EAGAIN" {
			f.Blocking.Empty++
		}
	}
}

// duties in the order in which a connection meets them.
var duties = []string{"accepts", "waits", "reads", "writes", "works"}

// roles gathers the threads that do the same.
func (s *survey) roles() []Role {
	does := map[int]map[string]bool{}
	conns := map[int]map[trace.Object]bool{}
	note := func(tid int, duty string, o trace.Object) {
		if does[tid] == nil {
			does[tid], conns[tid] = map[string]bool{}, map[trace.Object]bool{}
		}
		does[tid][duty] = true
		if o != "" {
			conns[tid][o] = true
		}
	}
	delegates := workInThreads(s).answer == Yes || workInProcesses(s).answer == Yes
	for _, tid := range s.waiting() {
		note(tid, "waits", "")
		words, _ := check.Errands(s.rec, tid)
		for _, e := range words {
			if delegates { // else the word was about something else
				note(e.Told.TID, "works", "")
			}
		}
	}
	for _, c := range s.conns {
		if c.Accept != nil {
			note(c.Accept.TID, "accepts", c.Object)
		}
		for _, call := range c.io {
			note(call.TID, map[bool]string{true: "reads", false: "writes"}[call.Family == trace.FamilyRead], c.Object)
		}
	}
	for _, call := range s.rings.moving {
		note(call.TID, "submits", "")
	}
	return s.gather(does, conns)
}

func (s *survey) gather(does map[int]map[string]bool, conns map[int]map[trace.Object]bool) []Role {
	type group struct {
		Role
		pids  map[int]bool
		conns map[trace.Object]bool
	}
	groups := map[string]*group{}
	for tid, of := range does {
		key := ""
		var words []string
		for _, d := range append(duties[:len(duties):len(duties)], "submits") {
			if of[d] {
				words = append(words, d)
				key += d + " "
			}
		}
		g := groups[key]
		if g == nil {
			g = &group{Role: Role{Does: words, Example: tid}, pids: map[int]bool{}, conns: map[trace.Object]bool{}}
			groups[key] = g
		}
		g.Threads++
		g.Example = min(g.Example, tid)
		g.pids[s.processOf(tid)] = true
		for o := range conns[tid] {
			g.conns[o] = true
		}
	}
	var roles []Role
	for _, g := range groups {
		g.Processes, g.Connections = len(g.pids), len(g.conns)
		roles = append(roles, g.Role)
	}
	slices.SortFunc(roles, func(a, b Role) int { return cmp.Compare(a.Example, b.Example) })
	return roles
}
