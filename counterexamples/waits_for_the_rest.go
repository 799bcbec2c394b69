//go:build linux

package counterexamples

import (
	"bytes"
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var waitsForTheRest = Server{
	Name:    "counterexample/waits-for-the-rest",
	Traits:  []string{"every-server"},
	Breaks:  []string{"server.isolates-slow-client"},
	Mistake: "when it has read half a request, it waits for the other half, and for nobody else",
	Load:    "half a request, and somebody else who asks",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			inHand(l, cfg, func(h *byHand, c *server.Conn, t *correspondence) {
				ended := h.read(c, t)
				// The mistake: "read a line" is one call in many libraries, and it comes back with a line. On one machine,
				// with a request in one packet, it comes back at once.
				for !ended && bytes.IndexByte(t.in, '\n') < 0 && !h.toldToStop(int(c.FD)) {
					ended = h.read(c, t)
				}
				for done := ended; !done; {
					done = h.work(t, server.BufferSize)
					n, err := h.send(c, t)
					if t.out = t.out[n:]; err != nil || len(t.out) > 0 {
						break // the rest goes out with the next reply, or not: that is the mistake of another server
					}
				}
				if ended || t.over {
					h.hangUp(c)
				}
			})
		})
	},
}

// toldToStop waits until there is something to read, or the server is told to stop.
func (h *byHand) toldToStop(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(h.door.Stop), Events: unix.POLLIN}}
	_, err := unix.Poll(fds, -1)
	return err == nil && fds[1].Revents != 0
}
