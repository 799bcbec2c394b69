//go:build linux

package counterexamples

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A loop is a single reactor on a level-triggered set, with nothing wrong about it. Its parts are variables, so that a
// counterexample can put something wrong in the place of one of them.
type loop struct {
	door  *server.Door
	desk  *server.Desk
	conns *server.Table
	set   set

	accept     func() (fd int, err unix.Errno)
	welcome    func(fd int)                    // makes a connection of what accept returned
	handle     func([]*server.Conn)            // handles the connections that one wait reported
	readReady  func(*server.Conn)              // reads, works, sends
	writeReady func(*server.Conn)              // goes on sending
	settle     func(*server.Conn, server.Want) // makes a connection wait for what it wants
	others     map[int]func()                  // what else is watched, and what is done when it is readable
	end        func()                          // undoes what the counterexample has added
}

// A set is what a loop waits on.
type set interface {
	watch(fd int) error               // from now on, report it when it is readable
	rewatch(fd int, want server.Want) // report it when it is readable, or writable
	forget(fd int)                    // about to be closed
	wait() (ready []event, err error) // blocks until a descriptor is ready, and gives all that are
	close()
}

// An event is a descriptor that is ready. Ended says that the client's end was reported with it (EPOLLRDHUP).
type event struct {
	fd    int
	ended bool
}

// serve runs a loop on that set, spoilt.
func serve(ctx context.Context, cfg server.Config, newSet func() (set, error), spoil func(*loop)) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	return serveAt(door, newSet, spoil)
}

// serveAt does so at a door that is open.
func serveAt(door *server.Door, newSet func() (set, error), spoil func(*loop)) error {
	set, err := newSet()
	if err != nil {
		return err
	}
	defer set.close()
	l := newLoop(door, set)
	defer l.conns.CloseAll(l.desk)
	spoil(l)
	defer l.end()
	return l.run()
}

// unspoilt leaves the loop as it is: the mistake is in the set, or in what the server claims to be.
func unspoilt(*loop) {}

func newLoop(door *server.Door, set set) *loop {
	l := &loop{door: door, desk: server.NewDesk(door), conns: server.NewTable(door), set: set, others: map[int]func(){}}
	l.accept = door.Accept
	l.welcome = l.add
	l.handle = func(ready []*server.Conn) {
		for _, c := range ready {
			l.turn(c)
		}
	}
	l.readReady = func(c *server.Conn) {
		if l.receive(c, l.desk) {
			l.settle(c, c.Answer(l.desk))
		}
	}
	l.writeReady = func(c *server.Conn) { l.settle(c, c.Resume(l.desk)) }
	l.settle = l.change
	l.end = func() {}
	return l
}

func (l *loop) run() error {
	for _, fd := range []int{l.door.Stop, l.door.Listener} {
		if err := l.set.watch(fd); err != nil {
			return err
		}
	}
	for fd := range l.others {
		if err := l.set.watch(fd); err != nil {
			return err
		}
	}
	for {
		ready, err := l.set.wait()
		if err != nil {
			return fmt.Errorf("wait: %w", err)
		}
		accept, conns := false, make([]*server.Conn, 0, len(ready))
		for _, e := range ready {
			switch e.fd {
			case l.door.Stop:
				return nil
			case l.door.Listener:
				accept = true
			default:
				if readable, other := l.others[e.fd]; other {
					readable()
					continue
				}
				c := l.conns.At(e.fd)
				c.Ended = c.Ended || e.ended
				conns = append(conns, c)
			}
		}
		l.handle(conns)
		if accept {
			l.acceptReady()
		}
	}
}

func (l *loop) acceptReady() {
	for {
		fd, err := l.accept()
		if server.Full(err) { // until a connection closes
			l.door.Pause(err)
			l.set.forget(l.door.Listener)
		}
		if err != 0 {
			return
		}
		l.welcome(fd)
	}
}

func (l *loop) add(fd int) {
	c := l.conns.Add(fd)
	if err := l.set.watch(fd); err != nil {
		l.door.Logf("connection refused: %v", err)
		l.conns.Close(c, l.desk)
	}
}

func (l *loop) turn(c *server.Conn) {
	if c.Want == server.Readable {
		l.readReady(c)
	} else {
		l.writeReady(c)
	}
}

// receive reads once, to that desk. It reports whether there is something to answer.
func (l *loop) receive(c *server.Conn, desk *server.Desk) bool {
	n, err := c.Receive(desk)
	if err == 0 && n > 0 {
		return true
	}
	if err != unix.EAGAIN {
		l.close(c)
	}
	return false
}

func (l *loop) change(c *server.Conn, want server.Want) {
	if want == server.Again {
		want = server.Writable
	}
	before := c.Want
	if c.Want = want; want == server.Gone {
		l.close(c)
	} else if want != before {
		l.set.rewatch(int(c.FD), want)
	}
}

func (l *loop) close(c *server.Conn) {
	l.set.forget(int(c.FD))
	l.conns.Close(c, l.desk)
	if l.door.Paused() {
		l.door.Resume()
		if err := l.set.watch(l.door.Listener); err != nil {
			l.door.Logf("no longer accepting: %v", err)
		}
	}
}
