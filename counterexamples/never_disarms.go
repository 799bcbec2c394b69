//go:build linux

package counterexamples

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var neverDisarms = Server{
	Name:    "counterexample/never-disarms",
	Traits:  []string{"single-reactor", "epoll", "level", "every-server"},
	Breaks:  []string{"mux.kernel-reports-ready", "server.no-busy-loop"},
	Mistake: "once a reply did not fit, it asks for writability for ever, and is told of it at every wait with nothing to write",
	Load:    "a reply bigger than the send buffer to a client that reads late, and stays",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) {
			epoll, err := makeEpoll(0)
			return &armedForEver{epollSet: epoll, armed: map[int]bool{}}, err
		}, unspoilt)
	},
}

type armedForEver struct {
	*epollSet
	armed map[int]bool // asked for writability, though there is nothing to write
}

func (s *armedForEver) rewatch(fd int, want server.Want) {
	if s.armed[fd] = want == server.Readable; s.armed[fd] {
		// The mistake: EPOLLOUT was added when the send buffer was full, and is not taken back when all is sent. A
		// connection is writable nearly always, so from now on every wait returns at once, and the loop spins.
		_ = s.control(unix.EPOLL_CTL_MOD, fd, unix.EPOLLIN|unix.EPOLLOUT)
		return
	}
	s.epollSet.rewatch(fd, want)
}

func (s *armedForEver) forget(fd int) {
	delete(s.armed, fd)
	s.epollSet.forget(fd)
}

// wait passes on what there is something to do about.
func (s *armedForEver) wait() (ready []event, err error) {
	all, err := s.epollSet.wait()
	for i, e := range all {
		if s.events[i].Events != unix.EPOLLOUT || !s.armed[e.fd] {
			ready = append(ready, e)
		}
	}
	return ready, err
}
