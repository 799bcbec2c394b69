//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/proc"
)

// noDescriptors: a server that can open nothing more goes on. It breaks when the server ends
// (counterexample/ends-without-descriptors), spins (counterexample/spins-without-descriptors), or takes nobody in any more
// (counterexample/gives-up-accepting).
func noDescriptors(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var had []*guest
	var limits []lowered
	sc.Given(`^(\d+) clients that the server serves, and no further descriptor for it$`, func(ctx context.Context, n int) (err error) {
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		if err = inOrder(func() error { return c.grow(n) }, func() error { return c.inTurn(c.clients) }); err != nil {
			return err
		}
		had = c.clients
		limits, err = c.lower()
		return err
	})
	sc.When(`^(\d+) more come and ask$`, func(n int) error {
		c.watched = retryLooks // it may forget them
		err := c.grow(n)
		for _, g := range c.clients[len(had):] {
			if err == nil {
				err = c.send(g)
			}
		}
		if err != nil {
			return check.Failf("a server that lets clients wait", "%v", err)
		}
		return nil
	})
	sc.Then(`^the first ones are served as before$`, func() error {
		for range 3 {
			if err := c.inTurn(had); err != nil {
				return check.Failf("a server that serves whom it has", "a client that was served before: %v", err)
			}
		}
		return nil
	})
	sc.Then(`^the server sleeps while nobody asks$`, func() error {
		restless, err := c.restless()
		if err != nil {
			return err
		}
		w.Note("while nobody asked, a thread of it was awake at %.0f %% of the looks", 100*restless)
		if restless > spins {
			return check.Failf("a server that waits until there is a descriptor", "while nobody asks, a thread of it is awake at %.0f %% of the looks", 100*restless)
		}
		return nil
	})
	sc.Then(`^when the first ones leave, the others are served$`, func() error {
		for _, l := range limits {
			if l.held {
				continue
			}
			if err := l.raise(); err != nil {
				return err
			}
		}
		for _, g := range had {
			c.leave(g)
		}
		for i, g := range c.clients[len(had):] {
			if err := g.receive(); err != nil {
				return check.Failf("room for who waits when others have left", "the %d. client that waited: %v", i+1, err)
			}
			c.leave(g)
		}
		return nil
	})
}

// lowered is a process whose descriptor limit was lowered.
type lowered struct {
	pid    int
	before unix.Rlimit
	held   bool // it has connections of clients
}

// lower sets the limit of each process of the server to the first number that it does not use: it can open nothing more.
func (c *crowd) lower() ([]lowered, error) {
	pids, err := c.server.PIDs()
	if err != nil {
		return nil, err
	}
	connections, err := proc.Find(proc.Query{States: []proc.TCPState{proc.Established}, Port: uint16(c.to.Port)})
	if err != nil {
		return nil, err
	}
	clients := map[uint64]bool{}
	for _, s := range connections {
		clients[s.Inode] = true
	}
	var all []lowered
	for _, pid := range pids {
		links, err := proc.Links(pid)
		if err != nil {
			return nil, err
		}
		l, free := lowered{pid: pid}, uint64(0)
		for _, used := links[int(free)]; used; _, used = links[int(free)] {
			free++
		}
		for _, link := range links {
			inode, socket := proc.SocketInode(link)
			l.held = l.held || socket && clients[inode]
		}
		err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &l.before)
		if err == nil {
			err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: free, Max: l.before.Max}, nil)
		}
		if err != nil {
			return nil, check.Unsupportedf("the limit of process %d cannot be lowered: prlimit: %v (a server of another user needs CAP_SYS_RESOURCE)", pid, err)
		}
		all = append(all, l)
	}
	return all, nil
}

// raise sets the limit to what it was, if the process is still there.
func (l lowered) raise() error {
	if err := unix.Prlimit(l.pid, unix.RLIMIT_NOFILE, &l.before, nil); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("prlimit RLIMIT_NOFILE of process %d: %w", l.pid, err)
	}
	return nil
}

const (
	// spins is the part of the looks at which no server that waits is awake, and every one that spins is.
	spins = 0.5

	glances = 20
	pause   = 2 * time.Millisecond
)

// restless gives at what part of some looks a thread of the server runs, or could: the least of some rounds, since it may
// have something to finish.
func (c *crowd) restless() (least float64, err error) {
	for round := range tries {
		awake := 0
		for range glances {
			time.Sleep(pause) // nothing happens, which is what is looked at
			runs, err := c.runs()
			if err != nil {
				return 0, err
			}
			if runs {
				awake++
			}
		}
		if part := float64(awake) / glances; round == 0 || part < least {
			least = part
		}
		if least <= spins {
			break
		}
	}
	return least, nil
}

// runs reports whether a thread of the server runs, or is ready to and waits for a processor.
func (c *crowd) runs() (bool, error) {
	pids, err := c.server.PIDs()
	for _, pid := range pids {
		threads, err := proc.Threads(pid)
		if proc.Gone(err) {
			continue
		}
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(threads, func(t proc.Thread) bool { return t.State == proc.Running }) {
			return true, nil
		}
	}
	return false, err
}
