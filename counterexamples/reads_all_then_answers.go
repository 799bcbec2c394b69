package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var readsAllThenAnswers = Server{
	Name:    "counterexample/reads-all-then-answers",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"mux.one-at-a-time"},
	Mistake: "it reads the requests of all connections that are ready, and only then begins to answer them",
	Load:    "several clients whose requests are there at the same time",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			var desks []*server.Desk // one per request in hand, where one for all would do
			l.handle = func(ready []*server.Conn) {
				// The mistake: reading and answering are made phases of the loop, for the sake of a batch. Of as many
				// requests as are ready, each is begun before the first one is answered, and its input must be kept.
				var asked []*server.Conn
				for _, c := range ready {
					if c.Want != server.Readable {
						l.writeReady(c)
						continue
					}
					if len(desks) == len(asked) {
						desks = append(desks, server.NewDesk(l.door))
					}
					if l.receive(c, desks[len(asked)]) {
						asked = append(asked, c)
					}
				}
				for i, c := range asked {
					l.settle(c, c.Answer(desks[i]))
				}
			}
		})
	},
}
