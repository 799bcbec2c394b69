//go:build linux

package counterexamples

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// decent is what a server claims that is to be judged by its manners only.
var decent = []string{"every-server"}

// The servers of this file know no better than to have a descriptor whenever they want one.

var spinsWithoutDescriptors = Server{
	Name:    "counterexample/spins-without-descriptors",
	Traits:  decent,
	Breaks:  []string{"server.survives-descriptor-exhaustion"},
	Mistake: "when accept fails for want of descriptors it goes back to its wait, which tells it of the same client at once",
	Load:    "more clients than it has descriptors for",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			accept := l.accept
			l.accept = func() (fd int, err unix.Errno) {
				// The mistake: an accept that fails is taken for one that found nobody. But the client is still there, and
				// the listener stays ready.
				if fd, err = accept(); server.Full(err) {
					err = unix.EAGAIN
				}
				return fd, err
			}
		})
	},
}

var endsWithoutDescriptors = Server{
	Name:    "counterexample/ends-without-descriptors",
	Traits:  decent,
	Breaks:  []string{"server.survives-descriptor-exhaustion"},
	Mistake: "it ends when accept fails for want of descriptors",
	Load:    "more clients than it has descriptors for",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			accept, wait := l.accept, &failing{set: l.set}
			l.set = wait
			l.accept = func() (fd int, err unix.Errno) {
				// The mistake: "if accept fails, something is wrong". Something is, and it passes; to end does not help
				// anybody, least of all those who were served.
				if fd, err = accept(); err != 0 && err != unix.EAGAIN {
					wait.cause = fmt.Errorf("accept: %w", err)
					err = unix.EAGAIN
				}
				return fd, err
			}
		})
	},
}

// failing is a set whose next wait fails, if there is a cause.
type failing struct {
	set
	cause error
}

func (f *failing) wait() ([]event, error) {
	if f.cause != nil {
		return nil, f.cause
	}
	return f.set.wait()
}

var givesUpAccepting = Server{
	Name:    "counterexample/gives-up-accepting",
	Traits:  decent,
	Breaks:  []string{"server.survives-descriptor-exhaustion"},
	Mistake: "when accept fails for want of descriptors it stops listening to new clients, and never begins again",
	Load:    "more clients than it has descriptors for, of whom some leave",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) {
			accept := l.accept
			l.accept = func() (fd int, err unix.Errno) {
				// The mistake: against the spinning, the listener is taken out of the set. Who closes a connection should
				// put it back; that is elsewhere in the code, and was forgotten.
				if fd, err = accept(); server.Full(err) {
					l.set.forget(l.door.Listener)
					err = unix.EAGAIN
				}
				return fd, err
			}
		})
	},
}
