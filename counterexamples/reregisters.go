//go:build linux

package counterexamples

import (
	"context"
	"maps"
	"slices"

	"github.com/iospec/iospec/impl/server"
)

var reregisters = Server{
	Name:    "counterexample/epoll-reregisters",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"epoll.interest-kept-in-kernel"},
	Mistake: "before every wait it takes all connections out of the set and puts them back",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) {
			epoll, err := makeEpoll(0)
			return &rebuilt{epollSet: epoll, wants: map[int]server.Want{}}, err
		}, unspoilt)
	},
}

type rebuilt struct {
	*epollSet
	wants map[int]server.Want
}

func (s *rebuilt) wait() (ready []event, err error) {
	// The mistake: epoll is used as select has to be. The set is built anew for each wait, with two calls per connection,
	// which costs more than select ever did.
	for _, fd := range slices.Sorted(maps.Keys(s.wants)) {
		s.epollSet.forget(fd)
		if err := s.epollSet.watch(fd); err != nil {
			return nil, err
		}
		if s.wants[fd] == server.Writable {
			s.epollSet.rewatch(fd, server.Writable)
		}
	}
	return s.epollSet.wait()
}

func (s *rebuilt) watch(fd int) error {
	s.wants[fd] = server.Readable
	return s.epollSet.watch(fd)
}

func (s *rebuilt) rewatch(fd int, want server.Want) {
	s.wants[fd] = want
	s.epollSet.rewatch(fd, want)
}

func (s *rebuilt) forget(fd int) {
	delete(s.wants, fd)
	s.epollSet.forget(fd)
}
