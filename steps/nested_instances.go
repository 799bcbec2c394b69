//go:build linux

package steps

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// nestedInstancesSteps defines the steps of nested.feature.
func nestedInstancesSteps(sc *godog.ScenarioContext, w *World) {
	n := &nested{w: w}
	var refusal error
	var depth int
	sc.Given(`^an inner instance that watches a socket for EPOLLIN, and an outer one that watches the inner for EPOLLIN$`, n.open)
	sc.When(`^bytes arrive at the innermost socket$`, func() error {
		_, err := unix.Write(n.far, []byte{0}) // in the UNIX domain they have arrived when write returns
		return err
	})
	sc.When(`^the innermost socket is drained$`, func() error {
		_, err := unix.Read(n.near, make([]byte, 8))
		return err
	})
	sc.Then(`^the outer instance reports nothing$`, func() error { return reportsFDs("the outer instance", n.outer) })
	sc.Then(`^the outer instance reports the inner, and the inner reports the socket$`, func() error {
		return errors.Join(reportsFDs("the outer instance", n.outer, int(n.inner)), reportsFDs("the inner instance", n.inner, n.near))
	})
	sc.Then(`^select and poll report both instances$`, func() error {
		for _, ep := range []sock.Epoll{n.inner, n.outer} {
			p := watchedPair{near: int(ep)}
			if err := expectReports(1, map[string]reporter{"select": p.selects, "poll": p.polls(unix.POLLIN)}, map[string]int{"select": 1, "poll": 1}); err != nil {
				return err
			}
		}
		return nil
	})
	sc.Then(`^to have the inner watch the outer says ELOOP, and to have it watch itself EINVAL$`, func() error {
		cycle, self := n.inner.Add(int(n.outer), unix.EPOLLIN), n.inner.Add(int(n.inner), unix.EPOLLIN)
		if !errors.Is(cycle, unix.ELOOP) || !errors.Is(self, unix.EINVAL) {
			return check.Failf("ELOOP and EINVAL", "%v and %v", cycle, self)
		}
		return nil
	})
	sc.Then(`^to have the outer watch a third instance for EPOLLIN\|EPOLLEXCLUSIVE says EINVAL$`, func() error {
		third, err := n.bag.Epoll()
		if err != nil {
			return err
		}
		if err := n.outer.Add(int(third), unix.EPOLLIN|unix.EPOLLEXCLUSIVE); !errors.Is(err, unix.EINVAL) {
			return check.Failf("EINVAL", "%v", err)
		}
		return nil
	})
	sc.When(`^instances are nested one in another, until epoll_ctl refuses$`, func() (err error) {
		depth, refusal, err = n.nest(100)
		return err
	})
	sc.Then(`^the refusal is ELOOP, and (\d+) instances had been nested$`, func(want int) error {
		if !errors.Is(refusal, unix.ELOOP) || depth != want {
			return check.Failf(fmt.Sprintf("ELOOP for instance %d", want+1), "%v for instance %d", refusal, depth+1)
		}
		return nil
	})
}

// nested is an instance that watches an instance that watches a socket.
type nested struct {
	w            *World
	bag          sock.Bag
	near, far    int
	inner, outer sock.Epoll
}

func (n *nested) open() (err error) {
	n.w.Cleanup(n.bag.Close)
	if n.near, n.far, err = n.bag.Pair(); err != nil {
		return err
	}
	if n.inner, err = n.bag.Epoll(); err != nil {
		return err
	}
	if n.outer, err = n.bag.Epoll(); err != nil {
		return err
	}
	return errors.Join(n.inner.Add(n.near, unix.EPOLLIN), n.outer.Add(int(n.inner), unix.EPOLLIN))
}

// nest makes instance after instance watch the one before, and gives the number of instances there are when one is
// refused, and the refusal.
func (n *nested) nest(limit int) (depth int, refusal, err error) {
	n.w.Cleanup(n.bag.Close)
	inner, err := n.bag.Epoll()
	if err != nil {
		return 0, nil, err
	}
	for depth = 1; depth < limit; depth++ {
		outer, err := n.bag.Epoll()
		if err != nil {
			return depth, nil, err
		}
		if refusal := outer.Add(int(inner), unix.EPOLLIN); refusal != nil {
			return depth, refusal, nil
		}
		inner = outer
	}
	return depth, nil, nil
}

// reportsFDs compares what one wait on the instance reports with the descriptors that it should.
func reportsFDs(name string, ep sock.Epoll, want ...int) error {
	got, err := ep.Ready(16)
	if err != nil {
		return err
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		return check.Failf(fmt.Sprintf("%s reports descriptors %v", name, want), "%v", got)
	}
	return nil
}
