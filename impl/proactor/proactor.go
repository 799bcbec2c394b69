package proactor

import (
	"fmt"
	"syscall"
	"time"

	"github.com/iospec/iospec/impl/server"
)

// A proactor waits for completions and calls the handler of each. It never touches a connection itself.
type proactor struct {
	processor    processor
	door         *server.Door
	desk         *server.Desk
	conns        *server.Table
	pending      []pending      // by descriptor
	again, spare []*server.Conn // want another turn, which no completion will bring
	accepting    bool           // an accept is under way
	failed       error          // what the server cannot go on after
}

// pending says what is under way on a connection, one bit for each operation. Its descriptor is closed when nothing is:
// as long as an operation holds the socket, closing its descriptor would not end the connection; and a descriptor that
// was given to another client could be taken for the one that the operation was started on.
type pending uint8

func (p pending) has(op operation) bool { return p&(1<<op) != 0 }

// run dispatches completions until the server is told to stop, and then ends the service.
func (p *proactor) run() error {
	p.processor.start(stop, p.door.Stop, nil)
	p.accept()
	for !p.desk.Stopping {
		if err := p.turn(p.door.Patience()); err != nil {
			return err
		}
	}
	if err := p.drain(); err != nil {
		return err
	}
	return p.failed
}

// turn waits until something has completed and hands each completion to its handler; then those have their turn who want
// another one.
func (p *proactor) turn(timeout time.Duration) error {
	if len(p.again) > 0 {
		timeout = 0
	}
	if err := p.processor.wait(timeout); err != nil {
		return err
	}
	again := p.again
	p.again = p.spare[:0]
	for c, ok := p.processor.next(); ok; c, ok = p.processor.next() {
		p.dispatch(&c)
	}
	for _, c := range again {
		if c.Want == server.Again {
			c.Want = server.Working // it has its turn now
			p.settle(c, c.Resume(p.desk))
		}
	}
	p.spare = again
	if p.door.Due() {
		p.accept()
	}
	return nil
}

// dispatch calls the handler for the kind of operation that has completed.
func (p *proactor) dispatch(c *completion) {
	switch c.op {
	case accept:
		p.accepted(c)
	case receive:
		p.received(c)
	case send:
		p.sent(c)
	case part:
		p.parted(c)
	case stop:
		p.stopped(c)
	case deafen, sever, cancel:
		p.settled(c)
	}
}

// drain ends the service: no new client, an answer to every request that has come, and no longer than server.Grace. The
// port is freed first, which the accept under way would prevent. Every connection is then told that its client has
// ended, so that it comes to its end as if that were so.
func (p *proactor) drain() error {
	if p.accepting {
		p.processor.start(deafen, p.door.Listener, nil)
	}
	for p.accepting {
		if err := p.turn(-1); err != nil {
			return err
		}
	}
	p.door.CloseListener()
	for c := range p.conns.All() {
		p.start(deafen, c, nil)
	}
	deadline := time.Now().Add(server.Grace)
	for p.conns.Len() > 0 && time.Now().Before(deadline) {
		if err := p.turn(time.Until(deadline)); err != nil {
			return err
		}
	}
	return p.leaveNobody()
}

// leaveNobody ends the connections whose clients do not take their replies.
func (p *proactor) leaveNobody() error {
	for c := range p.conns.All() {
		p.settle(c, server.Gone)
	}
	for p.conns.Len() > 0 {
		if err := p.turn(-1); err != nil {
			return err
		}
	}
	return nil
}

// accept starts accepting, unless that is under way, descriptors have run out, or the service ends.
func (p *proactor) accept() {
	if p.accepting || p.desk.Stopping {
		return
	}
	p.door.Resume()
	p.accepting = true
	p.processor.start(accept, p.door.Listener, nil)
}

// start starts an operation on a connection, unless one of this kind is under way.
func (p *proactor) start(op operation, c *server.Conn, data []byte) {
	if now := &p.pending[c.FD]; !now.has(op) {
		*now |= 1 << op
		p.processor.start(op, int(c.FD), data)
	}
}

// fatal notes an error that no server can live with, and says the word to stop.
func (p *proactor) fatal(op operation, err syscall.Errno) {
	if p.failed == nil {
		p.failed = fmt.Errorf("the server stops: %v: %w", op, err)
		p.sayStop()
	}
}
