//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var readsTheListener = Server{
	Name:    "counterexample/reads-the-listener",
	Traits:  []string{"single-reactor", "epoll", "level", "every-server"},
	Breaks:  []string{"socket.data-on-connected"},
	Mistake: "it reads whatever is reported readable, the listening socket too, and accepts when that fails",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			accept, scratch := l.accept, make([]byte, 1)
			l.accept = func() (int, unix.Errno) {
				// The mistake: "readable" is taken to mean that there is something to read. From the listening socket
				// there never is, for it has no other end; the ENOTCONN that says so is then taken for the sign that
				// somebody wants to come in. It works, at the price of a call that fails for each client.
				if _, err := unix.Read(l.door.Listener, scratch); err != unix.ENOTCONN {
					return -1, unix.EAGAIN
				}
				return accept()
			}
		})
	},
}
