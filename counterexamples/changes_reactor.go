//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var changesReactor = Server{
	Name:    "counterexample/changes-its-reactor",
	Traits:  mainAndSubs,
	Breaks:  []string{"multi.clear-division", "multi.sub-registers", "multi.sub-serves", "pattern.four-combinations"},
	Mistake: "a connection moves from one sub-reactor to the other after each request",
	Load:    "clients that ask twice",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveSubs(ctx, cfg, func(_ *loop, subs []*sub) {
			for i, s := range subs {
				s.moveAway(subs[1-i])
			}
		})
	},
}

// moveAway makes a sub-reactor give its connections to another one when it has served a whole request of each.
func (s *sub) moveAway(to *sub) {
	task, room := new(server.Task), make([]byte, server.BufferSize)
	work := func(c *server.Conn, want server.Want) {
		whole := false
		for want == server.Working {
			task.Do(room)
			whole = task.Step.Used == len(task.In)
			if want = task.Finish(s.desk); want == server.Again {
				want = c.Reassign(s.desk, task)
			}
		}
		if want != server.Readable || !whole {
			s.settle(c, want)
			return
		}
		// The mistake: somebody balances the load, and moves connections to who has less to do. It is done between two
		// requests, when nobody is at it, so it seems safe; but everything that knows of the connection has to move with
		// it, and what comes in the meantime is reported to the one, or to the other, or to both.
		if fd, err := unix.FcntlInt(uintptr(c.FD), unix.F_DUPFD_CLOEXEC, 0); err == nil {
			s.close(c)
			to.give(fd)
		}
	}
	s.readReady = func(c *server.Conn) {
		if s.receive(c, s.desk) {
			work(c, c.Assign(s.desk, task))
		}
	}
	s.writeReady = func(c *server.Conn) { work(c, c.Reassign(s.desk, task)) }
}
