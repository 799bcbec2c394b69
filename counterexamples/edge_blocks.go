//go:build linux

package counterexamples

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var edgeBlocks = Server{
	Name:    "counterexample/edge-on-blocking-sockets",
	Traits:  []string{"single-reactor", "epoll", "edge"},
	Breaks:  []string{"trigger.edge-nonblocking", "proactor.reactor-is-sync"},
	Mistake: "it is edge-triggered on blocking sockets, so a slow reader, or a read too many, stops everybody",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, edgeEpoll, func(l *loop) {
			l.desk.Blocking = true
			l.accept = func() (fd int, errno unix.Errno) {
				// The mistake: the listener is non-blocking, and on BSD connections would inherit that. On Linux they do
				// not: it must be asked for at accept.
				fd, _, err := unix.Accept4(l.door.Listener, unix.SOCK_CLOEXEC)
				if err != nil {
					errors.As(err, &errno)
					return -1, errno
				}
				// What blocks does so for a second at a time, so that the server still ends when it is told to.
				for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
					_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, option, &unix.Timeval{Sec: 1})
				}
				return fd, 0
			}
			l.readReady = func(c *server.Conn) {
				for l.receive(c, l.desk) {
					l.settle(c, c.Answer(l.desk))
					if c.Want != server.Readable || l.desk.Short() && !c.Ended {
						return
					}
				}
			}
		})
	},
}
