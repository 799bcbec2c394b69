//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var acceptsFewPerEdge = Server{
	Name:    "counterexample/accepts-few-per-edge",
	Traits:  []string{"every-server"},
	Breaks:  []string{"server.absorbs-bursts"},
	Mistake: "its listener is edge-triggered, and it accepts a few connections for each report, not all that wait",
	Load:    "connections that come faster than they are accepted",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) {
			epoll, err := makeEpoll(0)
			return &edgeAtTheDoor{epollSet: epoll}, err
		}, func(l *loop) {
			l.set.(*edgeAtTheDoor).listener = l.door.Listener
			taken := 0
			l.accept = func() (fd int, err unix.Errno) {
				// The mistake: a bound for each turn is right, so that a burst does not keep those waiting that are there; but
				// what is left over is not reported again. It waits in the queue until somebody else comes, who then may wait
				// in its place.
				if taken++; taken > atATime {
					taken = 0
					return -1, unix.EAGAIN
				}
				if fd, err = l.door.Accept(); err != 0 {
					taken = 0
				}
				return fd, err
			}
		})
	},
}

// atATime is how many are accepted for each report.
const atATime = 2

// edgeAtTheDoor reports the listener once per change, and everybody else as long as they are ready.
type edgeAtTheDoor struct {
	*epollSet
	listener int
}

func (s *edgeAtTheDoor) watch(fd int) error {
	if fd == s.listener {
		return s.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN|unix.EPOLLET)
	}
	return s.epollSet.watch(fd)
}
