//go:build linux

package counterexamples

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/iospec/iospec/impl/server"
)

var spinsForAWorker = Server{
	Name:    "counterexample/spins-for-a-worker",
	Traits:  []string{"single-reactor-threads", "epoll", "level"},
	Breaks:  []string{"pattern.four-combinations", "single.slow-handler-stalls", "workers.worker-computes"},
	Mistake: "the reactor hands the work over, and then asks again and again whether it is done, in place of waiting for everybody",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			w := &watched{work: make(chan *watchedErrand, 1), ended: make(chan struct{})}
			go w.run()
			l.readReady = func(c *server.Conn) {
				if l.receive(c, l.desk) {
					w.have(l, c, c.Assign)
				}
			}
			l.writeReady = func(c *server.Conn) { w.have(l, c, c.Reassign) }
			l.end = func() {
				close(w.work)
				<-w.ended
			}
		})
	},
}

// A watched worker is one whose reactor has nothing better to do than to look at it.
type watched struct {
	work  chan *watchedErrand
	ended chan struct{}
}

// An watchedErrand is a task, and whether it is done.
type watchedErrand struct {
	task server.Task
	done atomic.Bool
}

func (w *watched) run() {
	runtime.LockOSThread()
	defer close(w.ended)
	room := make([]byte, server.BufferSize)
	for e := range w.work {
		e.task.Do(room)
		e.done.Store(true)
	}
}

// have has the work of a connection done, if there is any, and sends what came of it.
func (w *watched) have(l *loop, c *server.Conn, assign func(*server.Desk, *server.Task) server.Want) {
	e := new(watchedErrand)
	want := assign(l.desk, &e.task)
	if want == server.Working {
		w.work <- e
		// The mistake: the worker could not wake a reactor that sleeps in its wait, as nobody had thought of a descriptor
		// for it; and a flag is so much simpler. It takes two cores to do the work of one, and serves nobody meanwhile.
		for !e.done.Load() {
		}
		want = e.task.Finish(l.desk)
	}
	l.settle(c, want)
}
