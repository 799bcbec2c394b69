// Package tracetest writes recordings by hand, for tests: a story of clients and of what each thread of a server did
// about them, told in order.
//
//	s := tracetest.New()
//	main, a := s.Main(), s.Connect("burst")
//	ep := main.Epoll()
//	main.Accept(a).Add(ep, a, trace.In)
//	a.Ask(100)
//	main.Wait(ep, a).Read(a, 100).Write(a, 100)
//	a.Answered()
//	rec := s.End()
//
// Each step takes its turn on a clock that only the story moves, so that calls overlap only where a test says so with
// Enter and Return.
package tracetest

import (
	"fmt"
	"time"

	"github.com/iospec/iospec/trace"
)

// Address is where the story's server listens, and FirstPort the port of its first client.
const (
	Address   = "127.0.0.1:6390"
	FirstPort = 40001
)

// Listener is the server's listening socket, which every story begins with, as descriptor 3.
const Listener trace.Object = "socket:1"

// Story is a recording being told.
type Story struct {
	Rec *trace.Recording

	now     trace.Time
	seq     int64
	tids    int
	inode   int
	epolls  int
	rings   int
	main    *Thread
	clients []*Client
}

// New begins a story: a server whose main thread, 100, already listens on Address.
func New() *Story {
	s := &Story{Rec: trace.NewRecording(), tids: 99, inode: 1}
	s.Put(trace.Record{Header: &trace.Header{
		Source: "story", Kernel: "6.18.0", Arch: "amd64", Command: []string{"server"}, Address: Address,
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}})
	s.main = s.task("start", nil)
	s.Put(trace.Record{Socket: &trace.Socket{
		At: s.Tick(), Object: Listener, Domain: "inet", Type: "stream", Listening: true, Local: Address,
	}})
	return s
}

// Put adds a record as it is, and panics where the recording refuses it: the story is wrong, not the code under test.
func (s *Story) Put(r trace.Record) {
	if err := s.Rec.Put(r); err != nil {
		panic(err)
	}
}

// Tick moves the clock by a microsecond and reads it.
func (s *Story) Tick() trace.Time {
	s.now += 1000
	return s.now
}

// Sleep moves the clock.
func (s *Story) Sleep(d time.Duration) { s.now += trace.Time(d) }

// Mark names the moment.
func (s *Story) Mark(name string) { s.Put(trace.Record{Mark: &trace.Mark{At: s.Tick(), Name: name}}) }

// Main is the server's first thread.
func (s *Story) Main() *Thread { return s.main }

// End tells what the clients saw, closes the recording, and hands it over.
func (s *Story) End() *trace.Recording {
	rec := s.Cut()
	s.Put(trace.Record{End: &trace.End{At: s.Tick(), Calls: int64(len(rec.Calls)), Reason: "stopped"}})
	return rec
}

// Cut hands the recording over without its end, as after a crash of the recorder.
func (s *Story) Cut() *trace.Recording {
	for _, c := range s.clients {
		if c.told {
			s.Put(trace.Record{Client: &c.Client})
		}
	}
	return s.Rec
}

// Client is one of the tester's clients and its connection.
type Client struct {
	trace.Client
	Object trace.Object // the server's socket

	story *Story
	fds   map[int]int // by process
	told  bool
}

// Connect opens a client of the role. The server does not know of it before Accept.
func (s *Story) Connect(role string) *Client {
	s.inode++
	c := &Client{
		Client: trace.Client{Port: FirstPort + len(s.clients), Role: role, Opened: s.Tick()},
		Object: trace.Object(fmt.Sprintf("socket:%d", s.inode)), story: s, fds: map[int]int{}, told: true,
	}
	s.clients = append(s.clients, c)
	return c
}

// Connects opens n clients.
func (s *Story) Connects(n int, role string) []*Client {
	var cs []*Client
	for range n {
		cs = append(cs, s.Connect(role))
	}
	return cs
}

// Stranger opens a client that is not the tester's: no record tells of it.
func (s *Story) Stranger() *Client {
	c := s.Connect("")
	c.told = false
	return c
}

// Ask sends a request of n bytes.
func (c *Client) Ask(n int64) {
	c.Exchanges = append(c.Exchanges, trace.Exchange{Sent: c.story.Tick(), Out: n})
}

// Answered says that the last request was answered, rightly.
func (c *Client) Answered() {
	x := &c.Exchanges[len(c.Exchanges)-1]
	x.Answered, x.In = c.story.Tick(), x.Out
}

// Leaves closes the client's end.
func (c *Client) Leaves() { c.Closed = c.story.Tick() }

// FD is the descriptor by which the thread's process has the connection, -1 if it has not.
func (c *Client) FD(t *Thread) int {
	if fd, ok := c.fds[t.PID]; ok {
		return fd
	}
	return -1
}

// socket tells the recording of the server's end.
func (c *Client) socket() {
	c.story.Put(trace.Record{Socket: &trace.Socket{
		At: c.story.Tick(), Object: c.Object, Domain: "inet", Type: "stream", Local: Address, Peer: c.Peer(),
	}})
}

// Peer is the client's address as the server sees it.
func (c *Client) Peer() string { return fmt.Sprintf("127.0.0.1:%d", c.Port) }
