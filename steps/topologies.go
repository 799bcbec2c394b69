//go:build linux

package steps

import (
	"fmt"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// topologySteps defines the steps of topologies.feature.
func topologySteps(sc *godog.ScenarioContext, w *World) {
	t := &topology{w: w, instances: map[string]sock.Epoll{}, sockets: map[string]int{}}
	sc.Given(`^the topology (e.*)$`, t.build)
	sc.Given(`^the sleeping threads (t0 .*)$`, t.start)
	sc.When(`^a byte arrives at every socket of the topology$`, t.emit)
	sc.Then(`^two waits in a row on e0 report (\d) and (\d)$`, func(first, second int) error {
		return t.expect(false, [2][2]int{{0, first}, {0, second}})
	})
	sc.Then(`^twice in a row, poll of e0 and then a wait on it report (\d), (\d) and (\d), (\d)$`, func(p1, w1, p2, w2 int) error {
		return t.expect(true, [2][2]int{{p1, w1}, {p2, w2}})
	})
	sc.Then(`^the threads that got an event are (both|one|t0, and perhaps t1)$`, t.told)
}

// topology is some sockets, the instances that watch them or one another, and threads that sleep there.
type topology struct {
	w         *World
	bag       sock.Bag
	instances map[string]sock.Epoll // by name: e0, e1, …
	sockets   map[string]int        // s0, s1, …: the watched ends
	far       []int                 // the other ends
	herd      herd
}

// build makes "e0 edge e1, e1 level s0".
func (t *topology) build(links string) error {
	t.w.Cleanup(t.bag.Close)
	for link := range strings.SplitSeq(links, ", ") {
		var from, trigger, to string
		if _, err := fmt.Sscanf(link, "%s %s %s", &from, &trigger, &to); err != nil {
			return fmt.Errorf("link %q: %w", link, err)
		}
		events, ok := map[string]uint32{"level": unix.EPOLLIN, "edge": unix.EPOLLIN | unix.EPOLLET}[trigger]
		if !ok {
			return fmt.Errorf("link %q: a link is level or edge", link)
		}
		ep, err := t.instance(from)
		if err != nil {
			return err
		}
		fd, err := t.node(to)
		if err != nil {
			return err
		}
		if err := ep.Add(fd, events); err != nil {
			return err
		}
	}
	return nil
}

// instance gives the instance of that name, which is made when it is first named.
func (t *topology) instance(name string) (sock.Epoll, error) {
	if ep, ok := t.instances[name]; ok {
		return ep, nil
	}
	ep, err := t.bag.Epoll()
	t.instances[name] = ep
	return ep, err
}

// node gives what can be watched by that name.
func (t *topology) node(name string) (int, error) {
	if strings.HasPrefix(name, "e") {
		ep, err := t.instance(name)
		return int(ep), err
	}
	if fd, ok := t.sockets[name]; ok {
		return fd, nil
	}
	near, far, err := t.bag.Pair()
	t.sockets[name], t.far = near, append(t.far, far)
	return near, err
}

// start makes "t0 waits e0, t1 polls e1", and waits until both sleep.
func (t *topology) start(threads string) error {
	for one := range strings.SplitSeq(threads, ", ") {
		var name, how, at string
		if _, err := fmt.Sscanf(one, "%s %s %s", &name, &how, &at); err != nil {
			return fmt.Errorf("thread %q: %w", one, err)
		}
		ep, ok := t.instances[at]
		switch {
		case !ok:
			return fmt.Errorf("thread %q: there is no instance %s", one, at)
		case how == "waits":
			t.herd.waits(t.w, ep)
		case how == "polls":
			t.herd.polls(t.w, ep)
		default:
			return fmt.Errorf("thread %q: a thread waits or polls", one)
		}
	}
	return t.herd.asleep()
}

// emit writes to sockets of the UNIX domain: the bytes have arrived, and have woken whom they wake, when write returns.
func (t *topology) emit() error {
	for _, far := range t.far {
		if _, err := unix.Write(far, []byte{0}); err != nil {
			return fmt.Errorf("write to a socket: %w", err)
		}
	}
	return nil
}

// expect looks at e0 twice, with poll if asked to and then with a wait, neither of which sleeps, and compares how many
// reports they make.
func (t *topology) expect(polled bool, want [2][2]int) (err error) {
	var got [2][2]int
	for i := range got {
		if polled {
			if got[i][0], err = sock.Poll(sock.PollSet(unix.POLLIN, int(t.instances["e0"])), 0); err != nil {
				return err
			}
		}
		fds, err := t.instances["e0"].Ready(8)
		if err != nil {
			return err
		}
		got[i][1] = len(fds)
	}
	if got != want {
		return check.Failf(fmt.Sprintf("reports by poll and wait, twice: %v", want), "%v", got)
	}
	return nil
}

// told compares who got an event.
func (t *topology) told(want string) error {
	n, err := t.herd.woken()
	if err != nil {
		return err
	}
	t0, t1 := t.herd.told[0].Load(), t.herd.told[1].Load()
	if ok := map[string]bool{"both": n == 2, "one": n == 1, "t0, and perhaps t1": t0}[want]; !ok {
		return check.Failf(want, "t0: %t, t1: %t", t0, t1)
	}
	t.w.Note("t0: %t, t1: %t", t0, t1)
	return nil
}
