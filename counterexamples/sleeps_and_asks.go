//go:build linux

package counterexamples

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var sleepsAndAsks = Server{
	Name:   "counterexample/sleeps-and-asks",
	Traits: []string{"single-reactor"},
	Breaks: []string{
		"pattern.two-parts", "pattern.four-combinations", "single.process-or-thread", "single.three-objects",
		"proactor.both-dispatch-events",
	},
	Mistake: "nobody tells it of anything: it tries to read every connection, sleeps a little, and tries again",
	Serve: func(ctx context.Context, cfg server.Config) error {
		everyone := &sleepSet{}
		return serve(ctx, cfg, func() (set, error) { return everyone, nil }, func(l *loop) { everyone.stop = l.door.Stop })
	},
}

// sleepSet is no demultiplexer: it reports whatever is in it, whenever it has slept.
//
// The mistake: non-blocking sockets in a loop need no demultiplexer, and with a sleep in it the loop does not burn the
// processor. It works in every test, and reads before anything has happened, hundreds of times a second for each client.
type sleepSet struct {
	fds  []int
	stop int
}

func (s *sleepSet) watch(fd int) error {
	s.fds = append(s.fds, fd)
	return nil
}

func (s *sleepSet) rewatch(int, server.Want) {}

func (s *sleepSet) forget(fd int) {
	s.fds = slices.DeleteFunc(s.fds, func(other int) bool { return other == fd })
}

func (s *sleepSet) wait() (ready []event, err error) {
	pause := unix.NsecToTimespec(int64(2 * time.Millisecond))
	_ = unix.Nanosleep(&pause, nil)
	for _, fd := range s.fds {
		if fd == s.stop {
			if _, err := unix.Read(fd, make([]byte, 8)); err != nil { // EAGAIN: not yet
				continue
			}
		}
		ready = append(ready, event{fd: fd})
	}
	return ready, nil
}

func (s *sleepSet) close() {}
