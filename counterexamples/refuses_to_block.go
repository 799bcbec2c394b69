//go:build linux

package counterexamples

import (
	"bytes"
	"context"

	"github.com/iospec/iospec/impl/server"
)

var refusesToBlock = Server{
	Name:    "counterexample/refuses-to-block",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"pattern.hides-api"},
	Mistake: "a request that would block is refused, because a reactor serves it",
	Load:    "a request that blocks",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			room, task := make([]byte, server.BufferSize), new(server.Task)
			work := func(c *server.Conn, want server.Want) {
				for want == server.Working {
					task.Handler = reactive{task.Handler}
					task.Do(room)
					if want = task.Finish(l.desk); want == server.Again {
						want = c.Reassign(l.desk, task)
					}
				}
				l.settle(c, want)
			}
			l.readReady = func(c *server.Conn) {
				if l.receive(c, l.desk) {
					work(c, c.Assign(l.desk, task))
				}
			}
			l.writeReady = func(c *server.Conn) { work(c, c.Reassign(l.desk, task)) }
		})
	},
}

// reactive is a handler that knows what waits for its connection.
type reactive struct{ server.Handler }

// Handle refuses the requests to sleep.
func (r reactive) Handle(in, room []byte) server.Step {
	end := bytes.IndexByte(in, '\n')
	if end < 0 || !bytes.HasPrefix(in, []byte("sleep ")) {
		return r.Handler.Handle(in, room)
	}
	// The mistake: nobody must block in a reactor, that is true; but to say so to the client is to let the pattern into the
	// protocol. Whoever writes the next handler has to know of epoll, and whoever changes the pattern changes the service.
	return server.Step{Used: end + 1, Out: append(room[:0], "error: would block\n"...), Next: server.More}
}
