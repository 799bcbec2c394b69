//go:build linux

package counterexamples

import (
	"context"
	"runtime"

	"github.com/iospec/iospec/impl/server"
)

var secondThreadReads = Server{
	Name:   "counterexample/second-thread-reads",
	Traits: []string{"single-reactor", "epoll", "level"},
	Breaks: []string{
		"mux.time-sharing", "pattern.four-combinations", "single.acceptor-and-handler", "single.read-work-send",
		"single.process-or-thread", "single.three-objects", "single.no-ipc-no-locks",
	},
	Mistake: "a second thread reads and answers every other connection, in what is called a single reactor",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			read, turns, done := l.readReady, make(chan *server.Conn), make(chan struct{})
			go func() {
				runtime.LockOSThread()
				for c := range turns {
					read(c)
					done <- struct{}{}
				}
			}()
			l.end = func() { close(turns) }
			l.readReady = func(c *server.Conn) {
				// The mistake: the reactor became slow, and somebody gave it a helper that takes half of the reading off
				// it. Now connections are served by two threads, and everything they share needs a lock (here the
				// reactor waits for its helper, which keeps the data whole and makes the helper useless).
				if c.FD%2 == 0 {
					turns <- c
					<-done
					return
				}
				read(c)
			}
		})
	},
}
