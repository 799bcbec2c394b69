//go:build linux

package counterexamples

import (
	"context"
	"math"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var keepsItAll = Server{
	Name:    "counterexample/keeps-it-all",
	Traits:  []string{"every-server"},
	Breaks:  []string{"server.pushes-back"},
	Mistake: "it reads on while its replies are not taken, and keeps them all, as many as the client likes",
	Load:    "a client that sends requests without end and never reads",
	Serve: func(ctx context.Context, cfg server.Config) error {
		var epoll *epollSet
		return serve(ctx, cfg, func() (set, error) {
			var err error
			epoll, err = makeEpoll(0)
			return epoll, err
		}, func(l *loop) {
			inHand(l, cfg, func(h *byHand, c *server.Conn, t *correspondence) {
				if ended := h.read(c, t); ended {
					t.over = true
				}
				// The mistake: the replies go into a buffer that grows, as if memory were where things wait. It makes the
				// code simple, as nothing ever has to stop, and it is what many frameworks do unless told otherwise.
				h.work(t, math.MaxInt)
				n, err := h.send(c, t)
				t.out = t.out[n:]
				switch failed := err != nil && err != unix.EAGAIN; {
				case failed, t.over && len(t.out) == 0:
					h.hangUp(c)
				case t.over:
					_ = epoll.control(unix.EPOLL_CTL_MOD, int(c.FD), unix.EPOLLOUT)
				case len(t.out) > 0:
					_ = epoll.control(unix.EPOLL_CTL_MOD, int(c.FD), unix.EPOLLIN|unix.EPOLLOUT)
				default:
					_ = epoll.control(unix.EPOLL_CTL_MOD, int(c.FD), unix.EPOLLIN)
				}
			})
		})
	},
}
