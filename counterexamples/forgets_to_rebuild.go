//go:build linux

package counterexamples

import (
	"context"
	"slices"
	"time"

	"github.com/iospec/iospec/impl/server"
)

var forgetsToRebuild = Server{
	Name:    "counterexample/select-forgets-to-rebuild",
	Traits:  []string{"single-reactor", "select", "level"},
	Breaks:  []string{"select.whole-set-in"},
	Mistake: "it hands select what the last call left of its set, so that who was not ready then is forgotten",
	Load:    "two clients that are connected at the same time",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) { return newForgetful(), nil }, unspoilt)
	},
}

type forgetful struct {
	*selectSet
	own                 []int    // the listener and the eventfd: these it remembers
	readLeft, writeLeft []uint64 // what the last call left
}

func newForgetful() *forgetful {
	s := makeSelect(1024)
	return &forgetful{selectSet: s, readLeft: slices.Clone(s.read), writeLeft: slices.Clone(s.write)}
}

func (s *forgetful) wait() (ready []event, err error) {
	for _, fd := range s.own {
		s.readLeft[fd/64] |= 1 << (fd % 64)
	}
	// The mistake: select overwrites the sets, and they are used again as they come back. Whoever had nothing to say
	// during one call is not asked in the next. With one client at a time nobody notices. With several, some hang, which
	// people then cure with a timeout, after which they start afresh: now it only hangs for a moment, if nobody else
	// keeps the server busy.
	ready, err = s.call(s.readLeft, s.writeLeft, 100*time.Millisecond)
	if len(ready) == 0 {
		copy(s.readLeft, s.read)
		copy(s.writeLeft, s.write)
	}
	return ready, err
}

func (s *forgetful) watch(fd int) error {
	if err := s.selectSet.watch(fd); err != nil {
		return err
	}
	s.readLeft[fd/64] |= 1 << (fd % 64)
	if len(s.own) < 2 { // the loop watches these first
		s.own = append(s.own, fd)
	}
	return nil
}

func (s *forgetful) rewatch(fd int, want server.Want) {
	s.forget(fd)
	s.selectSet.rewatch(fd, want)
	s.readLeft[fd/64] |= s.read[fd/64] & (1 << (fd % 64))
	s.writeLeft[fd/64] |= s.write[fd/64] & (1 << (fd % 64))
}

func (s *forgetful) forget(fd int) {
	s.selectSet.forget(fd)
	if fd/64 < len(s.readLeft) {
		s.readLeft[fd/64] &^= 1 << (fd % 64)
		s.writeLeft[fd/64] &^= 1 << (fd % 64)
	}
}
