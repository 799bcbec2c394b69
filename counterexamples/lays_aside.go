//go:build linux

package counterexamples

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var laysAside = Server{
	Name:    "counterexample/lays-the-silent-aside",
	Traits:  []string{"thread-pool"},
	Breaks:  []string{"pool.takes-from-queue"},
	Mistake: "a thread of the pool that hears nothing from its client for a moment takes a second one, and goes back and forth",
	Load:    "more clients at once than the pool has threads",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveBlocking(ctx, cfg, func(h *hall) {
			queue := make(chan int, 1<<16)
			for range 16 {
				h.thread(func(*server.Clerk) { h.goBackAndForth(queue) })
			}
			h.give = func(fd int) { queue <- fd }
			h.end = func() { close(queue) }
		})
	},
}

// aMoment is how long a thread waits for one of two silent clients.
const aMoment = 5 * time.Millisecond

// goBackAndForth is a thread: it serves two connections at most.
func (h *hall) goBackAndForth(queue <-chan int) {
	table, desk := server.NewTable(h.door), server.NewDesk(h.door)
	desk.Blocking = true
	var mine []*server.Conn
	take := func(fd int, ok bool) bool {
		if ok {
			moment := unix.NsecToTimeval(int64(aMoment))
			_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &moment)
			mine = append(mine, table.Add(fd))
		}
		return ok
	}
	for {
		if len(mine) == 0 {
			if fd, ok := <-queue; !take(fd, ok) {
				return
			}
		}
		for _, c := range slices.Clone(mine) {
			if !aTurn(c, desk) {
				mine = slices.DeleteFunc(mine, func(other *server.Conn) bool { return other == c })
				h.leave(int(c.FD))
			}
		}
		if len(mine) == 1 {
			// The mistake: a silent client shall not hold a thread, so reads have a timeout, and the thread looks around
			// for other work meanwhile. With that it multiplexes, by the worst of means: who speaks waits for who is
			// silent, and nobody sleeps any more.
			select {
			case fd, ok := <-queue:
				take(fd, ok)
			default:
			}
		}
	}
}

// aTurn reads once and answers. It reports whether the conversation goes on.
func aTurn(c *server.Conn, desk *server.Desk) bool {
	n, err := c.Receive(desk)
	switch {
	case err == unix.EAGAIN:
		return true
	case err != 0 || n == 0:
		return false
	}
	want := c.Answer(desk)
	for want == server.Again || want == server.Writable {
		want = c.Resume(desk)
	}
	return want != server.Gone
}
