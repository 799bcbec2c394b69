//go:build linux

package counterexamples

import (
	"context"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var leaksAtAReset = Server{
	Name:    "counterexample/leaks-at-a-reset",
	Traits:  decent,
	Breaks:  []string{"server.no-descriptor-leak"},
	Mistake: "the descriptor of a connection that was reset is never closed",
	Load:    "clients that reset their connections",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			l.readReady = func(c *server.Conn) {
				switch n, err := c.Receive(l.desk); {
				case err == unix.EAGAIN:
				case err != 0:
					// The mistake: the kernel has done with the connection, so there is nothing left to close. There is:
					// the descriptor. (Without this line the connection is reported for ever, which is noticed at once.)
					l.set.forget(int(c.FD))
				case n == 0:
					l.close(c)
				default:
					l.settle(c, c.Answer(l.desk))
				}
			}
		})
	},
}

var leaksThreads = Server{
	Name:    "counterexample/leaks-threads",
	Traits:  decent,
	Breaks:  []string{"server.no-descriptor-leak"},
	Mistake: "each client has a thread that is to look after it, and is not told when the client has gone",
	Load:    "clients that come and go",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			over := make(chan struct{})
			l.end = func() { close(over) }
			add := l.welcome
			l.welcome = func(fd int) {
				add(fd)
				// The mistake: whatever is started for a connection must end with it, on every way that it may end. This
				// one waits for the end of the server, which is a long time.
				there := make(chan struct{})
				go func() {
					runtime.LockOSThread()
					close(there)
					<-over
				}()
				<-there // the loop sleeps where the runtime does not see it, which may then not come to start this
			}
		})
	},
}
