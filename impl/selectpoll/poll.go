//go:build linux

package selectpoll

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// poller is a single reactor on poll: an array of descriptors, each with the events it is to be watched for, which goes
// into the kernel whole and comes out whole at every call. It is kept dense, one entry per descriptor that is watched,
// so that neither side looks at entries in vain.
type poller struct {
	door  *server.Door
	desk  *server.Desk
	conns *server.Table
	set   []unix.PollFd // what is watched, in no order
	place []int32       // where in set a descriptor is
	scans scans
}

// ServePoll serves until ctx is cancelled or the process is told to stop.
func ServePoll(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the reactor is one thread
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	p := &poller{door: door, desk: server.NewDesk(door), conns: server.NewTable(door)}
	defer p.conns.CloseAll(p.desk)
	defer p.scans.log(door, "poll")
	return p.run()
}

// run is the event loop: wait, then handle what was reported, one event after the other.
func (p *poller) run() error {
	p.watch(p.door.Stop)
	p.watch(p.door.Listener)
	for !p.desk.Stopping {
		n, err := p.wait(p.door.Patience())
		if err != 0 {
			return server.Fatal("ppoll", err)
		}
		p.dispatch(n)
	}
	return p.drain()
}

// drain ends the service: no new client, an answer to every request that has come, and no longer than server.Grace.
func (p *poller) drain() error {
	p.forget(p.door.Stop)
	if !p.door.Paused() {
		p.forget(p.door.Listener)
	}
	p.door.CloseListener()
	deadline := time.Now().Add(server.Grace)
	for timeout := time.Duration(0); p.conns.Len() > 0 && time.Now().Before(deadline); {
		n, err := p.wait(timeout)
		if err != 0 {
			return server.Fatal("ppoll", err)
		}
		p.dispatch(n)
		timeout = 0
		if n == 0 { // nobody has asked for anything that was not answered
			for c := range p.conns.Idle() {
				p.close(c)
			}
			timeout = time.Until(deadline)
		}
	}
	return nil
}

// wait blocks until something is ready, and returns how many descriptors are. It is the only call that blocks.
func (p *poller) wait(timeout time.Duration) (n int, err unix.Errno) {
	p.scans.calls++
	return ppoll(p.set, timeout)
}

// dispatch looks for the n entries that have events, and hands each to its handler. It goes backwards, because forget
// fills a hole with the last entry, which has then been looked at already. The acceptor comes last: a descriptor that
// is closed in this round and given to a new connection cannot then be meant by an event of the same round.
func (p *poller) dispatch(n int) {
	accept := false
	for i := len(p.set) - 1; i >= 0 && n > 0; i-- {
		p.scans.looks++
		if p.set[i].Revents == 0 {
			continue
		}
		n--
		switch fd := int(p.set[i].Fd); fd {
		case p.door.Stop:
			p.desk.Stopping = true
		case p.door.Listener:
			accept = true
		default:
			if c := p.conns.At(fd); c.Want == server.Readable {
				p.readReady(c)
			} else {
				p.writeReady(c)
			}
		}
	}
	if accept && !p.desk.Stopping {
		p.acceptReady()
	}
	if p.door.Due() {
		p.resume()
	}
}

// acceptReady takes the clients that wait, until none is left. It could as well take one and be told again; this
// way a burst costs one report. It stops at acceptsPerTurn, so that a flood of new clients does not keep
// the old ones waiting, and is told again.
func (p *poller) acceptReady() {
	for range acceptsPerTurn {
		fd, err := p.door.Accept()
		if server.Full(err) {
			p.pause(err)
		}
		if err != 0 {
			return
		}
		p.conns.Add(fd)
		p.watch(fd)
	}
}

// readReady reads once. What does not fit into the buffer is reported again.
func (p *poller) readReady(c *server.Conn) {
	n, err := c.Receive(p.desk)
	switch {
	case err == unix.EAGAIN: // readiness is a hint
	case err != 0 || n == 0: // a reset, or the end
		p.close(c)
	default:
		p.settle(c, c.Answer(p.desk))
	}
}

// writeReady goes on with replies that the client was slow to take. An error of the connection is reported as well,
// and shows when it is written to.
func (p *poller) writeReady(c *server.Conn) {
	p.settle(c, c.Resume(p.desk))
}

// settle makes the connection wait for what it wants, which the next call tells the kernel. A connection that wants
// another turn waits for writability, and gets it after everybody else.
func (p *poller) settle(c *server.Conn, want server.Want) {
	if want == server.Again {
		want = server.Writable
	}
	if want == server.Gone {
		p.close(c)
	} else if want != c.Want {
		c.Want = want
		p.rewatch(c)
	}
}

// close ends a connection. Its descriptor must leave the array first: the next connection may have the same. It is a
// descriptor that accept may have waited for.
func (p *poller) close(c *server.Conn) {
	p.forget(int(c.FD))
	p.conns.Close(c, p.desk)
	if p.door.Paused() {
		p.resume()
	}
}

// pause takes the listener out of the array: it stays ready, and would be reported for nothing.
func (p *poller) pause(err unix.Errno) {
	p.door.Pause(err)
	p.forget(p.door.Listener)
}

// resume puts the listener back. If clients wait, the next wait says so.
func (p *poller) resume() {
	p.door.Resume()
	p.watch(p.door.Listener)
}

// watch, rewatch and forget change the array, which is the server's own: the kernel learns of it at the next call.
func (p *poller) watch(fd int) {
	for len(p.place) <= fd {
		p.place = append(p.place, 0)
	}
	p.place[fd] = int32(len(p.set))
	p.set = append(p.set, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
}

func (p *poller) rewatch(c *server.Conn) {
	entry := &p.set[p.place[c.FD]]
	if c.Want == server.Writable {
		entry.Events = unix.POLLOUT
	} else {
		entry.Events = unix.POLLIN
	}
}

func (p *poller) forget(fd int) {
	hole, last := p.place[fd], len(p.set)-1
	p.set[hole] = p.set[last]
	p.place[p.set[hole].Fd] = hole
	p.set = p.set[:last]
}
