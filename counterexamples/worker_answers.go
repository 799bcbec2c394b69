//go:build linux

package counterexamples

import (
	"context"
	"runtime"

	"github.com/iospec/iospec/impl/server"
)

var workerAnswers = Server{
	Name:   "counterexample/worker-answers",
	Traits: []string{"single-reactor-threads", "epoll", "level"},
	Breaks: []string{
		"pattern.four-combinations", "single.slow-handler-stalls", "workers.handler-only-io", "workers.uses-cores",
		"workers.worker-computes",
	},
	Mistake: "a worker sends the answer to the client itself, in place of handing the result back",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			work, done := make(chan *server.Conn), make(chan server.Want)
			go func() {
				runtime.LockOSThread()
				for c := range work {
					// The mistake: the worker has the answer and the connection, so why go back? Now two threads write to
					// clients, and the reactor must not touch a connection while a worker has it (here it waits for the
					// worker, so that no more than this is wrong).
					done <- c.Answer(l.desk)
				}
			}()
			l.end = func() { close(work) }
			l.readReady = func(c *server.Conn) {
				if l.receive(c, l.desk) {
					work <- c
					l.settle(c, <-done)
				}
			}
		})
	},
}
