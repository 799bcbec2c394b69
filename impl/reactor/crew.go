//go:build linux

package reactor

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// minLife is how long a worker has to live to be replaced at once. One that cannot live is tried again at this pace,
// not as fast as the machine can.
const minLife = time.Second

// How long workers may take to end: those who have clients, a little longer than they may serve them; those who only
// work, hardly any time, since nobody waits for their work any more.
const (
	servingPatience = server.Grace + time.Second
	workingPatience = time.Second
)

// A crew is the worker processes of one master, which watches over them in its reactor: each has a pidfd in the set. One
// that ends is buried and replaced.
type crew struct {
	reactor *Reactor
	door    *server.Door
	log     *workersLog
	order   order
	places  []*process  // nil where a worker is missing
	due     []time.Time // when to start one there

	hire   func(place int) (fds []int, err error) // what to give to a new worker
	hired  func(fds []int)                        // it has been given that, or could not be started
	lost   func(place int, pid int)               // a worker has ended, and what it had is lost
	closed bool                                   // nobody is replaced any more
}

// postpone has the world told of the server when its workers are there, not before.
func postpone(cfg *server.Config) (announce func()) {
	var bound netip.AddrPort
	listening := cfg.Listening
	cfg.Listening = func(a netip.AddrPort) { bound = a }
	return func() {
		if listening != nil {
			listening(bound)
		}
	}
}

// newCrew makes a crew of nobody.
func newCrew(r *Reactor, door *server.Door, cfg server.Config, role string) (*crew, error) {
	log, err := newWorkersLog(cfg.Log)
	if err != nil {
		return nil, err
	}
	n := workers(cfg)
	return &crew{
		reactor: r, door: door, log: log,
		order:  order{Role: role, Protocol: cfg.Protocol, ReadSize: cfg.ReadSize, Workers: n},
		places: make([]*process, n), due: make([]time.Time, n),
		lost: func(int, int) {}, hired: func([]int) {},
	}, nil
}

// start starts all workers, or says why it cannot.
func (c *crew) start() error {
	for place := range c.places {
		if err := c.fill(place); err != nil {
			return err
		}
	}
	return nil
}

func (c *crew) fill(place int) error {
	fds, err := c.hire(place)
	if err != nil {
		return err
	}
	o := c.order
	o.Place = place
	p, err := start(o, c.log.fd, fds...)
	c.hired(fds)
	if err != nil {
		return err
	}
	c.places[place] = p
	if err := c.reactor.Register(p.fd, unix.EPOLLIN, c); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	return nil
}

// HandleEvent implements EventHandler: a worker has ended.
func (c *crew) HandleEvent(pidfd int, _ uint32) {
	for place, p := range c.places {
		if p == nil || p.fd != pidfd {
			continue
		}
		c.places[place] = nil
		c.due[place] = p.started.Add(minLife)
		c.lost(place, p.pid) // before it is buried: its number is not used again until then
		how := p.bury()
		if !c.closed {
			c.door.Logf("worker %d ended (%s) and is replaced", p.pid, how)
		}
	}
}

// BeforeWait replaces those who are missing, when it is time. It is here, between two rounds, that descriptors are
// opened: never in one (Source says why).
func (c *crew) BeforeWait() time.Duration {
	next := time.Duration(-1)
	for place, p := range c.places {
		if p != nil || c.closed {
			continue
		}
		if now := time.Now(); !now.Before(c.due[place]) {
			if err := c.fill(place); err == nil {
				continue
			} else {
				c.door.Logf("%v", err)
			}
			c.due[place] = now.Add(minLife)
		}
		next = shorter(next, max(0, time.Until(c.due[place])))
	}
	return next
}

// AfterWait implements Source, for a master that does nothing but watch.
func (c *crew) AfterWait(bool) {}

// dismiss waits until all workers have ended, which they were told before; those who take longer than that are killed.
func (c *crew) dismiss(patience time.Duration) {
	c.closed = true
	deadline := time.Now().Add(patience)
	for c.size() > 0 {
		timeout := max(0, time.Until(deadline))
		if timeout == 0 {
			for _, p := range c.places {
				if p != nil {
					p.kill()
				}
			}
			timeout = -1
		}
		if _, err := c.reactor.HandleEvents(timeout); err != nil {
			return // epoll_wait of a good descriptor does not fail
		}
	}
	c.log.close()
}

// dispose ends a worker that is of no use any more. Its end is then noted as any other's.
func (c *crew) dispose(place int, why error) {
	if p := c.places[place]; p != nil {
		c.door.Logf("worker %d: %v", p.pid, why)
		p.kill()
	}
}

func (c *crew) size() (n int) {
	for _, p := range c.places {
		if p != nil {
			n++
		}
	}
	return n
}
