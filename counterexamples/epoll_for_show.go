//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var epollForShow = Server{
	Name:    "counterexample/epoll-for-show",
	Traits:  []string{"single-reactor", "epoll", "level"},
	Breaks:  []string{"epoll.create-ctl-wait", "epoll.interest-kept-in-kernel"},
	Mistake: "it creates an epoll instance, registers every connection there, and waits with poll",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) {
			epoll, err := makeEpoll(0)
			return &forShow{epoll: epoll}, err
		}, unspoilt)
	},
}

type forShow struct {
	pollSet
	epoll *epollSet
}

func (s *forShow) watch(fd int) error {
	if err := s.epoll.watch(fd); err != nil {
		return err
	}
	return s.pollSet.watch(fd)
}

func (s *forShow) wait() (ready []event, err error) {
	// The mistake: a rewrite from poll to epoll that stopped half-way. The registrations are kept up, but the wait is
	// still the old one. Who looks for "uses epoll" in the source, or in a list of system calls, finds it.
	return s.pollSet.wait()
}

func (s *forShow) rewatch(fd int, want server.Want) {
	s.epoll.rewatch(fd, want)
	s.pollSet.rewatch(fd, want)
}

func (s *forShow) forget(fd int) {
	s.epoll.forget(fd)
	s.pollSet.forget(fd)
}

func (s *forShow) close() { s.epoll.close() }
