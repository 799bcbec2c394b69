//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var helpersPoll = Server{
	Name:   "counterexample/helpers-poll",
	Traits: []string{"emulated-proactor"},
	Breaks: []string{
		"proactor.is-async-emulated", "proactor.buffer-given-first", "proactor.both-dispatch-events-done", "proactor.initiator",
		"proactor.operation-processor", "proactor.calls-handler",
	},
	Mistake: "its helper threads wait until a client is ready, and the handler reads itself",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return initiate(ctx, cfg, emulates(func(h *helpers) {
			// The mistake: helpers should not touch buffers, which somebody would have to lock. So they only wait, and what
			// they report is that something can be done. It is a Reactor, whose demultiplexer is forty threads.
			h.perform = func(t task) done {
				pollOne(t.fd, readiness(t.op))
				return done{op: t.op, fd: t.fd, data: t.p}
			}
			h.finish = func(ready done) (done, bool) {
				d := doNow(ready.op, ready.fd, ready.data)
				if d.err == unix.EAGAIN {
					h.leave(task{ready.op, ready.fd, ready.data})
				}
				return d, d.err != unix.EAGAIN
			}
		}))
	},
}
