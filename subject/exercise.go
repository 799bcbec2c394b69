//go:build linux

package subject

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/iospec/iospec/subject/protocol"
)

// exercise is the standard load under way. The phases follow one another, each a method below; each is marked in the
// recording. A client that gets a wrong answer or none is recorded, and the exercise goes on.
type exercise struct {
	*Subject
	ctx      context.Context
	load     Load
	protocol protocol.Protocol
	patience *patience
	began    time.Time

	drowsy  time.Duration // how long the server may stay awake when it is waited for to fall asleep: CPU time; of one that is looked at, wall time
	number  int           // of the next request
	clients []*client     // all that ever came
	result  Result
}

// Exercise lets clients use the server as described by the load, and tells what came of it. An *Error, beside the
// result up to then, says that the server died (ErrDied), went to the background (ErrDaemonised) or answers as if it
// spoke something else (ErrProtocol).
func (s *Subject) Exercise(ctx context.Context, load Load) (Result, error) {
	p, err := protocol.Find(s.spec.Protocol)
	if err != nil {
		return Result{}, err
	}
	if load.TimeScale == 0 {
		load.TimeScale = 1
	}
	e := &exercise{Subject: s, ctx: ctx, load: load, protocol: p, patience: s.newPatience(load.TimeScale), began: time.Now()}
	e.drowsy = e.patience.base
	if !s.leads() {
		return Result{}, e.died("idle")
	}
	if e.result.Before, err = s.Counts(); err != nil {
		return Result{}, err
	}
	err = e.run()
	e.collect()
	if err == nil {
		e.result.After, err = e.settledCounts()
	}
	e.result.Elapsed = time.Since(e.began)
	if err == nil {
		err = s.recordingError()
	}
	return e.result, err
}

// run goes through the phases until one shows that there is no sense in going on.
func (e *exercise) run() error {
	for _, phase := range e.phases() {
		e.mark("phase " + phase.name)
		err := phase.run()
		if e.ctx.Err() != nil {
			return fmt.Errorf("exercise the server, phase %s: %w", phase.name, e.ctx.Err())
		}
		if err != nil {
			return err
		}
		if !e.leads() {
			return e.died(phase.name)
		}
	}
	e.mark("phase end quiet")
	return nil
}

// phase is a part of the exercise.
type phase struct {
	name string
	run  func() error
}

// phases lists what is done, in order.
func (e *exercise) phases() []phase {
	switch {
	case e.observation != nil:
		return e.lookingPhases()
	case e.load.Command != "":
		return []phase{{"load", e.traffic}, {"quiet", e.quiet}}
	case e.protocol == protocol.Protocol(protocol.None{}):
		return e.silentPhases()
	}
	var rest func() // of the request that phase half begins
	return []phase{
		{"idle", e.idle},
		{"half", func() error { rest = e.half(); return nil }},
		{"held", func() error { return e.held(rest) }},
		{"together", e.together},
		{"burst", e.burst},
		{"waves", e.waves},
		{"short", e.short},
		{"big", e.big},
		{"stream", e.stream},
		{"leave", e.leaving},
		{"quiet", e.quiet},
	}
}

// open lets a client come.
func (e *exercise) open(role string, receiveBuffer int) *client {
	c := e.Subject.open(e.ctx, role, e.patience.now, receiveBuffer)
	if c.conn == nil {
		e.patience.learn(1)
	}
	e.clients = append(e.clients, c)
	return c
}

// small makes the next small request.
func (e *exercise) small() protocol.Request {
	e.number++
	return e.protocol.Request(e.number)
}

// await waits for answers: see patience.
func (e *exercise) await(xs ...*exchange) (missing int) { return e.patience.await(e.ctx, xs, nil) }

// attempts is how many clients must be answered wrongly, with nobody answered rightly, before the server counts as one
// that speaks another protocol.
const attempts = 3

// idle: a client asks once and then does nothing until the end. It also shows whether the server speaks the protocol.
func (e *exercise) idle() error {
	var x *exchange
	for range attempts {
		x = e.open("idle", 0).ask(e.small())
		if e.await(x) > 0 || x.err == nil {
			return nil
		}
	}
	if e.dies() {
		return e.died("idle")
	}
	return e.foreign(x.err)
}

// half: a client sends the first half of a request.
func (e *exercise) half() func() {
	x, finish := e.open("half", 0).askHalf(e.small())
	return func() {
		finish()
		e.await(x)
	}
}

// held: many connections at once, each with several requests, first each by itself, then all interleaved. In the midst of
// it the half request is completed, after others were answered. At the end those that were answered go first, so that
// those that wait for a worker of a pool get one.
func (e *exercise) held(rest func()) error {
	var held []*client
	for range e.load.Held {
		held = append(held, e.open("held", 0))
	}
	alone := true
	var late []*exchange
	for _, c := range held {
		x := c.ask(e.small())
		if alone {
			alone = e.await(x) == 0
		} else {
			late = append(late, x)
		}
	}
	e.await(late...)
	rest()
	for range e.load.Rounds - 1 {
		e.round(held)
	}
	e.release(held)
	if e.answered() == 0 {
		return e.silent()
	}
	return nil
}

// round lets every client send that has no answer due, and then waits for all.
func (e *exercise) round(clients []*client) {
	var xs []*exchange
	for i := range clients {
		if c := e.renew(&clients[i]); !c.stuck() {
			xs = append(xs, c.ask(e.small()))
		}
	}
	e.await(xs...)
}

// renew gives the client; or, when the server has ended its connection as it may, one that comes in its place.
func (e *exercise) renew(c **client) *client {
	if (*c).over.Load() {
		(*c).close(false)
		*c = e.open((*c).role, 0)
	}
	return *c
}

// release closes the clients that were answered, and then each other one as soon as it is.
func (e *exercise) release(clients []*client) {
	var due []*exchange
	for _, c := range clients {
		if n := len(c.all); n > 0 && c.stuck() {
			due = append(due, c.all[n-1])
			continue
		}
		c.close(false)
	}
	e.patience.await(e.ctx, due, func(x *exchange) { x.client.close(false) })
	for _, c := range clients {
		c.close(false)
	}
}

const (
	readyEnough = 8  // events of one wait that make it certain that a server handles several at once
	readyRounds = 20 // how often it is tried
)

// together: many connections become readable at once. A large message keeps the server busy while the others write; that
// is repeated until the recording shows a wait that returned enough events, or, where nobody looks, some times.
func (e *exercise) together() error {
	var clients []*client
	for range e.load.Together {
		clients = append(clients, e.open("together", 0))
	}
	e.round(clients)
	traced := e.tap != nil
	rounds := 3
	if traced {
		rounds = readyRounds
		e.tap.ready.Store(0)
	}
	for range rounds {
		e.salvo(clients)
		if traced && e.tap.ready.Load() >= readyEnough {
			break
		}
	}
	if traced {
		e.result.Ready = int(e.tap.ready.Load())
	}
	e.release(clients)
	return nil
}

// salvo has the first client keep the server busy and all others write meanwhile.
func (e *exercise) salvo(clients []*client) {
	var xs []*exchange
	for i := range clients {
		c := e.renew(&clients[i])
		if c.stuck() {
			continue
		}
		r := e.small()
		if i == 0 {
			r = e.protocol.Large(e.number, e.load.Large/4)
		}
		xs = append(xs, c.ask(r))
	}
	e.await(xs...)
}

// burst: many clients connect at the same moment, ask once, and go when they have their answer.
func (e *exercise) burst() error {
	clients := make([]*client, e.load.Burst)
	requests := make([]protocol.Request, e.load.Burst)
	for i := range requests {
		requests[i] = e.small()
	}
	start := make(chan struct{})
	var connecting sync.WaitGroup
	for i := range clients {
		connecting.Go(func() {
			<-start
			clients[i] = e.Subject.open(e.ctx, "burst", e.patience.now, 0)
			clients[i].ask(requests[i])
		})
	}
	close(start)
	connecting.Wait()
	e.clients = append(e.clients, clients...)
	var xs []*exchange
	for _, c := range clients {
		xs = append(xs, c.all...)
	}
	e.patience.await(e.ctx, xs, func(x *exchange) { x.client.close(false) })
	for _, c := range clients {
		c.close(false)
	}
	return nil
}

// waves: burst follows burst, so that a process that could take one burst by itself is busy when the next one comes, and
// others that may accept have their turn. It ends when two have.
func (e *exercise) waves() error {
	for range e.load.Waves {
		if e.tap == nil || e.tap.accepting() >= 2 || e.ctx.Err() != nil || !e.leads() {
			break
		}
		if err := e.burst(); err != nil {
			return err
		}
	}
	return nil
}

// short: clients come, ask, and go, each when the server has closed the connection of the one before and sleeps. That it
// sleeps is marked in the recording: whoever wakes next was woken by the next client.
func (e *exercise) short() error {
	for range e.load.Short {
		if e.fallsAsleep() {
			e.mark("asleep")
		}
		c := e.open("short", 0)
		e.await(c.ask(e.small()))
		e.dismiss(c)
	}
	return nil
}

// fallsAsleep waits until some looks in a row have shown no thread of the server awake. It reports whether that came. A
// server that never sleeps, since a busy loop keeps it awake, is waited for less and less.
func (e *exercise) fallsAsleep() bool {
	watch, used, still := e.Watch(), time.Duration(0), 0
	for poll := newPoll(patienceBounds * e.patience.base); still < stillLooks; still++ {
		members, spent, err := watch.look()
		if err == nil && !noneRuns(members) {
			still = -1
		}
		if used += max(0, spent); err != nil || used >= e.drowsy || !poll.again() {
			e.drowsy /= 2
			return false
		}
	}
	return true
}

// dismiss closes a client's sending side first, and waits for the server to close its own.
func (e *exercise) dismiss(c *client) {
	if !c.stuck() {
		e.await(c.leave())
	}
	c.close(false)
}

// smallReceive is the receive buffer of the client that reads late, so that what it leaves unread fills the server's.
const smallReceive = 64 << 10

// big: a client asks for a large answer and does not read it before the server has filled the buffers. Meanwhile
// another one wants to be served.
func (e *exercise) big() error {
	c := e.open("big", smallReceive)
	e.number++
	b := e.protocol.Reply(e.number, e.load.Reply)
	for _, r := range b.Before {
		e.await(c.ask(r))
	}
	if c.stuck() {
		c.close(false)
		return nil
	}
	read := make(chan struct{})
	asked := make(chan *exchange, 1)
	go func() { asked <- c.askGated(b.Request, read) }() // the sending may have to wait for the reading
	e.result.Filled = e.filled(c, b.Request.In == 0)
	beside := e.open("beside", 0)
	served := beside.ask(e.small())
	e.await(served)
	close(read)
	e.awaitBig(c, asked)
	if !c.stuck() {
		for _, r := range b.After {
			e.await(c.ask(r))
		}
	}
	e.await(served)
	e.dismiss(beside)
	if c.stuck() {
		e.dismiss(c)
	}
	return nil // who was answered stays: whether the server has stopped waiting to write to it shows in the quiet phase
}

// awaitBig waits until the large request is sent and answered. A server that stalls gets its client closed, which ends
// the sending.
func (e *exercise) awaitBig(c *client, asked <-chan *exchange) {
	for watch := e.patience.start(); ; {
		select {
		case x := <-asked:
			watch.Stop()
			e.await(x)
			return
		case <-watch.C:
			if watch.tick(); watch.passed >= patienceRounds*e.patience.now {
				watch.Stop()
				_ = c.conn.SetWriteDeadline(time.Unix(1, 0)) // ends the write
				e.await(<-asked)
				return
			}
		}
	}
}

// pairs is how many times a second request follows the first without waiting for its answer.
const pairs = 8

// stream: messages follow one another on one connection: one by one, then each with a second at its heels, which may
// come while the first is unread, then one that no usual read takes in at once.
func (e *exercise) stream() error {
	c := e.open("stream", 0)
	for range pairs {
		if e.await(e.renew(&c).ask(e.small())) > 0 {
			break
		}
	}
	for range pairs {
		if e.renew(&c).stuck() {
			break
		}
		first, second := c.ask(e.small()), c.ask(e.small())
		e.await(first, second)
	}
	if !e.renew(&c).stuck() {
		e.number++
		e.await(c.ask(e.protocol.Large(e.number, e.load.Large)))
	}
	if !e.renew(&c).stuck() {
		e.await(c.ask(e.small()))
	}
	e.dismiss(c)
	return nil
}

// leaving: one client goes without having asked, one goes after an answer, one resets the connection in the midst of a
// request. After that somebody is served.
func (e *exercise) leaving() error {
	e.open("close", 0).close(false)

	c := e.open("close", 0)
	e.await(c.ask(e.small()))
	c.close(false)

	r := e.open("reset", 0)
	e.await(r.ask(e.small()))
	r.askHalf(e.small())
	r.close(true)

	after := e.open("short", 0)
	e.await(after.ask(e.small()))
	e.dismiss(after)
	return nil
}

// quiet: the server has noticed that everybody went; only the clients of the phases idle, half and big are there, and they
// do nothing. Calls that the server makes now, it makes for nobody.
func (e *exercise) quiet() error {
	e.awaitClosed()
	select {
	case <-time.After(e.load.Quiet):
	case <-e.ctx.Done():
	case <-e.Done():
	}
	return nil
}

// restingLooks is how many looks in a row must show the same before a server that holds more than before counts as
// having put away all that it will.
const restingLooks = 10

// settledCounts looks at the server when it has noticed that the last client went, and has put away what it had for them.
func (e *exercise) settledCounts() (Counts, error) {
	e.result.LeftOpen = e.awaitClosed()
	before, last, same := e.result.Before, Counts{}, 0
	for poll := newPoll(e.patience.base / 4); ; {
		now, err := e.Counts()
		if err != nil {
			return now, err
		}
		if now.Processes <= before.Processes && now.Threads <= before.Threads && now.Descriptors <= before.Descriptors {
			return now, nil
		}
		last.RSS = now.RSS // it changes with every page
		if same++; now != last {
			same = 0
		}
		if last = now; same >= restingLooks || !poll.again() {
			return now, nil
		}
	}
}

// awaitClosed waits until the server has closed the connections of all clients that went. It gives how many it keeps.
func (e *exercise) awaitClosed() (kept int) {
	var gone []*client
	for _, c := range e.clients {
		if c.gone && c.conn != nil {
			gone = append(gone, c)
		}
	}
	for poll := newPoll(e.patience.now); ; {
		gone = slices.DeleteFunc(gone, func(c *client) bool { return !c.kept() })
		if len(gone) == 0 || !poll.again() {
			return len(gone)
		}
	}
}
