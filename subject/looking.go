//go:build linux

package subject

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/sampler"
	"github.com/iospec/iospec/subject/protocol"
)

// looker is an exercise in which nothing is recorded, and the server is looked at: one thing is asked of it at a time, and
// who has run for it is read off when it rests again.
type looker struct {
	*exercise
	sampler *sampler.Sampler
	seen    *sample.Observation
	here    []*client     // that are connected
	last    time.Duration // that a turn took
	rested  bool          // it did when it was last waited for, and nobody has done anything since
}

// How much is asked.
const (
	lookedArrivals = 6  // clients that come one by one
	lookedRequests = 2  // of each of them
	lookedHeavy    = 2  // long ones
	lookedHeld     = 30 // clients that come all at once, beside them
	lookedOfHeld   = 8  // of which so many are asked one by one
	lookedAgain    = 4  // clients that come when others have gone
	lookedNothing  = 3  // turns in a row in which nobody asks
	lookedWaves    = 20 // times as many come at once, until two processes serve
)

// lookingPhases are those of an exercise that is not recorded.
func (e *exercise) lookingPhases() []phase {
	at, _ := netip.ParseAddrPort(e.Address()) // it was one when the server was found to listen there
	l := &looker{exercise: e, sampler: sampler.New(at.Port()), seen: e.observation}
	l.seen.Command, l.seen.Address = e.command, e.Address()
	return []phase{
		{"before", func() error { return l.look("before") }},
		{"idle", l.first},
		{"arriving", l.arriving},
		{"asking", func() error { return l.asking(l.here, lookedRequests) }},
		{"held", l.held},
		{"leaving", l.leaving},
		{"again", l.again},
		{"waves", l.waves},
		{"after", l.after},
	}
}

// look looks at the server when it rests.
func (l *looker) look(name string) error {
	rested := l.rests()
	members, err := l.family.read()
	if err != nil {
		return err
	}
	look, err := l.sampler.Look(members)
	if err != nil {
		return fmt.Errorf("look at the server: %w", err)
	}
	look.Name, look.Rested = name, rested
	for _, c := range l.here {
		look.Clients++
		if c.stuck() {
			look.Unanswered++
		}
	}
	l.seen.Looks = append(l.seen.Looks, look)
	l.seen.Sight = l.sampler.Sight()
	return nil
}

// pulse is how often each thread has slept so far; nil where that cannot be read.
func (l *looker) pulse(full bool) sampler.Pulse {
	members, err := l.family.read()
	if err != nil {
		return nil
	}
	p, err := l.sampler.Pulse(members, full)
	if err != nil {
		return nil
	}
	return p
}

// rests waits until two looks in a row have shown all threads asleep, and none to have run in between. One that is
// restless by itself, such as a clock's, may have: it is waited for a little only.
func (l *looker) rests() (rested bool) {
	defer func() { l.rested = rested }()
	var before sampler.Pulse
	asleep := 0
	for poll := newPoll(l.drowsy); ; {
		now := l.pulse(false)
		if now.Asleep() {
			asleep++
		} else {
			asleep = 0
		}
		if asleep >= 2 && (now.Equal(before) || asleep >= stillLooks) {
			return true
		}
		before = now
		if !poll.again() {
			l.drowsy /= 2
			return false
		}
	}
}

// turn does one thing to a server that rests, and notes who has run for it when it rests again.
func (l *looker) turn(kind string, do func() (c *client, answered bool)) {
	if !l.rested { // else it rests since the turn before
		l.rests()
	}
	before, began := l.pulse(true), time.Now()
	c, answered := do()
	rested := l.rests()
	l.last = time.Since(began)
	if !rested { // who runs all the time runs for nobody
		return
	}
	t := sample.Turn{Kind: kind, Answered: answered}
	if c != nil && len(c.all) > 0 {
		r := c.all[len(c.all)-1].request
		t.Port, t.Asked, t.Got = c.port(), len(r.Bytes), int(r.In)
	}
	t.Ran, t.Born = l.pulse(true).Since(before)
	l.seen.Turns = append(l.seen.Turns, t)
}

// nothing: nobody asks for as long as a turn lasts.
func (l *looker) nothing() {
	for range lookedNothing {
		l.turn(sample.Nothing, func() (*client, bool) {
			time.Sleep(l.last) // a turn of the same length, for comparison
			return nil, true
		})
	}
}

// first: a client comes, and shows whether the server speaks the protocol.
func (l *looker) first() (err error) {
	l.turn(sample.Arrival, func() (*client, bool) {
		if err = l.idle(); err != nil {
			return nil, false
		}
		c := l.clients[len(l.clients)-1]
		l.here = append(l.here, c)
		return c, !c.stuck()
	})
	return err
}

// arriving: clients come one by one, and stay.
func (l *looker) arriving() error {
	for range lookedArrivals - 1 {
		l.arrive()
	}
	l.nothing()
	return l.look("arrived")
}

func (l *looker) arrive() {
	l.turn(sample.Arrival, func() (*client, bool) {
		c := l.open("idle", 0)
		l.here = append(l.here, c)
		return c, l.answers(c.ask(l.asks()))
	})
}

// askedBytes is how long a request is: longer than a word between threads, so that who reads as much has read the request.
const askedBytes = 700

// heavyBytes is how long a request is to keep who reads it busy, and nobody else.
const heavyBytes = 64 << 10

func (l *looker) asks() protocol.Request {
	l.number++
	return l.protocol.Large(l.number, askedBytes)
}

// answers waits for an answer, but not while the server sleeps: then it will not come.
func (l *looker) answers(x *exchange) bool {
	asleep := 0
	for poll := newPoll(l.patience.base); !x.finished() && asleep < owingLooks && poll.again(); {
		if asleep++; !l.pulse(false).Asleep() {
			asleep = 0
		}
	}
	return x.finished() && x.err == nil
}

// owingLooks is how many looks in a row must show a server asleep before an answer that it owes counts as one that does
// not come now: some 200 ms.
const owingLooks = 20

func (l *looker) heavy() protocol.Request {
	l.number++
	return l.protocol.Large(l.number, heavyBytes)
}

// asking: each of the clients asks, one at a time, several times over, and then for more.
func (l *looker) asking(clients []*client, times int) error {
	for _, round := range []struct {
		kind    string
		times   int
		request func() protocol.Request
	}{{sample.Request, times, l.asks}, {sample.Heavy, lookedHeavy, l.heavy}} {
		for range round.times {
			for _, c := range clients {
				if !c.stuck() && !c.over.Load() {
					l.turn(round.kind, func() (*client, bool) { return c, l.answers(c.ask(round.request())) })
				}
			}
		}
	}
	l.nothing()
	return nil
}

// held: many clients come at once, beside those that are there, and stay.
func (l *looker) held() error {
	came := l.crowd()
	if err := l.look("held"); err != nil {
		return err
	}
	if l.answered() == 0 {
		return l.silent()
	}
	return l.asking(came[:min(len(came), lookedOfHeld)], 2)
}

// crowd lets many clients come at once, and ask.
func (l *looker) crowd() []*client {
	l.rested = false
	came := make([]*client, lookedHeld)
	var connecting sync.WaitGroup
	for i := range came {
		connecting.Go(func() { came[i] = l.Subject.open(l.ctx, "held", l.patience.now, 0) })
	}
	connecting.Wait()
	l.clients = append(l.clients, came...)
	l.here = append(l.here, came...)
	var owed []*exchange
	for _, c := range came {
		owed = append(owed, c.ask(l.small()))
	}
	for _, x := range owed {
		if !l.answers(x) {
			break // the server sleeps, and owes the others, too
		}
	}
	return came
}

// leaving: those that came first go, and every other of the rest.
func (l *looker) leaving() error {
	var stay []*client
	for i, c := range l.here {
		if l.rested = false; i < lookedArrivals || i%2 == 0 {
			c.close(false)
		} else {
			stay = append(stay, c)
		}
	}
	l.here = stay
	l.awaitClosed()
	return l.look("left")
}

// again: clients come while others have gone, and ask several times.
func (l *looker) again() error {
	from := len(l.here)
	for range lookedAgain {
		l.arrive()
	}
	if err := l.look("again"); err != nil {
		return err
	}
	return l.asking(l.here[from:], 2)
}

// waves: crowd follows crowd, and stays, until two processes serve; where only one could, none comes.
func (l *looker) waves() error {
	for range lookedWaves {
		if !l.seen.View().MoreWouldTell() || l.ctx.Err() != nil || !l.leads() {
			break
		}
		l.crowd()
		if err := l.look("wave"); err != nil {
			return err
		}
	}
	return nil
}

// after: everybody has gone.
func (l *looker) after() error {
	for _, c := range l.here {
		c.close(false)
	}
	l.here = nil
	l.awaitClosed()
	for _, c := range l.clients {
		one := sample.Client{Port: c.port(), Asked: len(c.due())}
		for _, x := range c.due() {
			if x.finished() && x.err == nil {
				one.Answered++
			}
		}
		l.seen.Clients = append(l.seen.Clients, one)
	}
	return l.look("after")
}
