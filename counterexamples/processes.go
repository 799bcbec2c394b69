//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var neverWaits = Server{
	Name:    "counterexample/never-waits",
	Traits:  []string{"process-per-connection"},
	Breaks:  []string{"process.zombies-are-reaped"},
	Mistake: "the parent never waits for its children",
	Load:    "clients that leave",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveByChildren(ctx, cfg, func(p *parent) {
			// The mistake: the children end by themselves, so what is there to do? Each leaves an entry in the kernel,
			// until one day no process can be made.
			p.reap = false
		})
	},
}

var keepsConnections = Server{
	Name:    "counterexample/keeps-connections",
	Traits:  []string{"process-per-connection"},
	Breaks:  []string{"process.parent-drops-connection"},
	Mistake: "the parent keeps each connection open that it has handed to a child",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveByChildren(ctx, cfg, func(p *parent) {
			var kept []int
			p.give = func(fd int) {
				// The mistake: the child has the connection and closes it, so people think that it is closed. But both
				// have it, and the connection ends with the last. (Here the child shuts it down, so that its client at
				// least sees the end; the descriptors run out all the same.)
				p.hire("serve one", fd)
				kept = append(kept, fd)
			}
			p.end = func() {
				for _, fd := range kept {
					server.CloseFD(fd)
				}
			}
		})
	},
}

var childKeepsListener = Server{
	Name:    "counterexample/child-keeps-listener",
	Traits:  []string{"process-per-connection"},
	Breaks:  []string{"process.child-drops-listener"},
	Mistake: "the children have the listening socket, too",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveByChildren(ctx, cfg, func(p *parent) {
			p.give = func(fd int) {
				defer server.CloseFD(fd)
				// The mistake: a listener made without SOCK_CLOEXEC, in a child that does not close it. As long as a
				// client stays, the port is taken, though the server has ended.
				p.hire("serve one", fd, p.door.Listener)
			}
		})
	},
}

var pollsInTheChild = Server{
	Name:    "counterexample/polls-in-the-child",
	Traits:  []string{"process-per-connection"},
	Breaks:  []string{"process.blocking-base"},
	Mistake: "a child asks by poll whether its one client has sent something, before each read",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveByChildren(ctx, cfg, func(p *parent) {
			p.give = func(fd int) {
				defer server.CloseFD(fd)
				p.hire("poll first", fd)
			}
		})
	},
}

var turnsAway = Server{
	Name:    "counterexample/turns-away",
	Traits:  []string{"process-per-connection"},
	Breaks:  []string{"process.hundred-clients"},
	Mistake: "it has room for 80 children, and turns further clients away",
	Load:    "more than 80 clients at once",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveByChildren(ctx, cfg, func(p *parent) {
			give := p.give
			p.give = func(fd int) {
				// The mistake: the table of children has a size that was plenty once, and who does not get in is not
				// left in the listener's queue, where waiting costs nothing, but sent away.
				if p.size() >= 80 {
					server.CloseFD(fd)
					return
				}
				give(fd)
			}
		})
	},
}

var reusesChildren = Server{
	Name:    "counterexample/reuses-children",
	Traits:  []string{"process-per-connection"},
	Breaks:  []string{"process.child-inherits-connection", "process.parent-accepts", "process.per-client"},
	Mistake: "a child whose client has left is sent the next connection, in what is said to make a process for each",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveByChildren(ctx, cfg, func(p *parent) {
			var channels []int
			p.give = func(fd int) {
				defer server.CloseFD(fd)
				// The mistake: processes are dear to make, so those that are there are used again. It is a pool then,
				// of which the parent must know who is free; and what a client has done to its process the next one
				// inherits.
				for _, c := range channels {
					if n, err := unix.Read(c, make([]byte, 1)); n == 1 && err == nil {
						p.sendTo(c, fd)
						return
					}
				}
				if c, err := p.hireMany(); err == nil {
					channels = append(channels, c)
					p.sendTo(c, fd)
				}
			}
			p.end = func() {
				for _, c := range channels {
					server.CloseFD(c)
				}
			}
		})
	},
}

// hireMany makes a child that serves what it is sent, and gives the channel to it. Reading its words does not block.
func (p *parent) hireMany() (ours int, err error) {
	ours, theirs, err := channel()
	if err != nil {
		p.door.Logf("a client is turned away: %v", err)
		return -1, err
	}
	defer server.CloseFD(theirs)
	p.hire("serve many", theirs)
	return ours, unix.SetNonblock(ours, true)
}

func (p *parent) sendTo(channel, fd int) {
	if err := send(channel, fd); err != nil {
		p.door.Logf("a client is turned away: %v", err)
	}
}
