//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

// The mistake of both: the framework offers an interface of the kind "read, and call me when you have", so it is called a
// Proactor. Behind the interface is a loop around epoll, in which the framework reads. For the application that makes no
// difference; in what the process does, it makes all.
func waitsWithEpoll(ctx context.Context, cfg server.Config) error {
	return serve(ctx, cfg, levelEpoll, unspoilt)
}

var proactorIsEpoll = Server{
	Name:   "counterexample/proactor-is-epoll",
	Traits: []string{"proactor"},
	Breaks: []string{
		"proactor.is-async", "proactor.buffer-given-first", "proactor.kernel-moves-data", "proactor.both-dispatch-events-done",
		"proactor.initiator", "proactor.operation-processor", "proactor.calls-handler",
	},
	Mistake: "it is called a Proactor, and waits with epoll and reads",
	Serve:   waitsWithEpoll,
}

var emulatedByNobody = Server{
	Name:   "counterexample/emulated-by-nobody",
	Traits: []string{"emulated-proactor"},
	Breaks: []string{
		"proactor.is-async-emulated", "proactor.buffer-given-first", "proactor.both-dispatch-events-done", "proactor.initiator",
		"proactor.operation-processor", "proactor.calls-handler",
	},
	Mistake: "it is called an emulated Proactor, and has no helper threads: it waits with epoll and reads",
	Serve:   waitsWithEpoll,
}
