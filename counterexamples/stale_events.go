//go:build linux

package counterexamples

import (
	"context"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

var staleEvents = Server{
	Name:    "counterexample/stale-events",
	Traits:  decent,
	Breaks:  []string{"server.no-stale-events"},
	Mistake: "events that were put off are kept by the number of their descriptor, which may be another client's when they have their turn",
	Load:    "clients that reset their connections while others come",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) {
			epoll, err := makeEpoll(0)
			return &postponing{epollSet: epoll, watched: map[int]bool{}}, err
		}, func(l *loop) {
			turn := l.turn
			l.handle = func(ready []*server.Conn) {
				for _, c := range ready {
					if c.Ended { // its client has reset it: there is nobody to read from
						l.close(c)
						continue
					}
					turn(c)
				}
			}
		})
	},
}

// postponing is a set that gives out few events at a time, and keeps the others for the next turns.
type postponing struct {
	*epollSet
	watched map[int]bool
	kept    []event
}

// perTurn is how many events a turn may have, so that new clients need not wait long for theirs.
const perTurn = 4

func (p *postponing) wait() (ready []event, err error) {
	timeout := -1
	if len(p.kept) > 0 {
		timeout = 0
	}
	n, err := unix.EpollWait(p.fd, p.events[:2*perTurn], timeout)
	if err != nil && err != unix.EINTR {
		return nil, os.NewSyscallError("epoll_wait", err)
	}
	for _, e := range p.events[:max(0, n)] {
		p.kept = append(p.kept, event{int(e.Fd), e.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0})
	}
	// The mistake: what waits for its turn is reported again meanwhile, and so is kept twice. The first closes the
	// connection. The second is dropped if the descriptor is not watched; but it is, if a new client has got its number.
	for len(p.kept) > 0 && len(ready) < perTurn {
		e := p.kept[0]
		if twice := slices.ContainsFunc(ready, func(r event) bool { return r.fd == e.fd }); p.watched[e.fd] && !twice {
			ready = append(ready, e)
		}
		p.kept = p.kept[1:]
	}
	return ready, nil
}

func (p *postponing) watch(fd int) error {
	p.watched[fd] = true
	return p.epollSet.watch(fd)
}

func (p *postponing) forget(fd int) {
	delete(p.watched, fd)
	p.epollSet.forget(fd)
}
