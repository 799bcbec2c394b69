//go:build linux

package counterexamples

import (
	"context"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// An initiator makes a plain Proactor, with nothing wrong about it: each connection has one operation under way, a receive
// or a send. Its processor is what a counterexample spoils.
type initiator struct {
	door      *server.Door
	desk      *server.Desk
	conns     *server.Table
	processor processor
	underWay  int // operations on clients and on the listener
	ending    bool
}

// A processor performs operations, and tells what they came to.
type processor interface {
	accept(listener int)
	receive(fd int)
	send(fd int, p []byte)
	wait() ([]done, error) // blocks until something has completed
	forget(fd int)         // about to be closed
	close()                // nothing is under way
}

// done is what an operation came to.
type done struct {
	op   operation
	fd   int
	n    int // a client's descriptor, or bytes
	err  unix.Errno
	data []byte // received; to be used before the next wait
}

type operation uint8

const (
	accepted operation = iota
	received
	sent
	told // the word to stop has come
)

// initiate runs a Proactor with that processor.
func initiate(ctx context.Context, cfg server.Config, newProcessor func(*server.Door) (processor, error)) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	p, err := newProcessor(door)
	if err != nil {
		return err
	}
	defer p.close()
	i := &initiator{door: door, desk: server.NewDesk(door), conns: server.NewTable(door), processor: p}
	i.desk.Deferred = true
	defer i.conns.CloseAll(i.desk)
	return i.run()
}

func (i *initiator) run() error {
	i.accept()
	for !i.ending || i.underWay > 0 {
		all, err := i.processor.wait()
		if err != nil {
			return err
		}
		for _, d := range all {
			i.dispatch(d)
		}
	}
	return nil
}

func (i *initiator) dispatch(d done) {
	if d.op == told {
		i.end()
		return
	}
	i.underWay--
	switch c := i.conns.At(d.fd); {
	case d.op == accepted:
		i.welcome(d)
	case i.ending:
	case d.err != 0, d.op == received && d.n == 0:
		i.close(c)
	case d.op == received:
		i.settle(c, c.Received(i.desk, d.data))
	case d.op == sent:
		i.settle(c, c.Sent(i.desk, d.n))
	}
}

// end ends what is under way: it completes, and then all is over.
func (i *initiator) end() {
	i.ending = true
	_ = unix.Shutdown(i.door.Listener, unix.SHUT_RD)
	for c := range i.conns.All() {
		_ = unix.Shutdown(int(c.FD), unix.SHUT_RDWR)
	}
}

func (i *initiator) accept() {
	i.underWay++
	i.processor.accept(i.door.Listener)
}

func (i *initiator) welcome(d done) {
	if d.err == 0 {
		c := i.conns.Add(d.n)
		if i.ending {
			i.close(c)
			return
		}
		i.settle(c, server.Readable)
	}
	switch {
	case i.ending:
	case server.Full(d.err): // until a connection closes
		i.door.Pause(d.err)
	default:
		i.accept()
	}
}

// settle starts what the connection now wants.
func (i *initiator) settle(c *server.Conn, want server.Want) {
	for want == server.Again || want == server.Parting {
		c.Want = server.Working
		if want == server.Again {
			want = c.Resume(i.desk)
		} else if unix.Shutdown(int(c.FD), unix.SHUT_WR) == nil {
			want = c.Parted(i.desk)
		} else {
			want = server.Gone
		}
	}
	switch c.Want = want; want {
	case server.Readable:
		i.underWay++
		i.processor.receive(int(c.FD))
	case server.Writable:
		i.underWay++
		i.processor.send(int(c.FD), c.Unsent())
	default:
		i.close(c)
	}
}

func (i *initiator) close(c *server.Conn) {
	i.processor.forget(int(c.FD))
	i.conns.Close(c, i.desk)
	if i.door.Paused() && !i.ending {
		i.door.Resume()
		i.accept()
	}
}

// blocks makes a descriptor one on which an operation waits, in the place of failing with EAGAIN.
func blocks(fd int) error { return os.NewSyscallError("fcntl", unix.SetNonblock(fd, false)) }

// doNow is what a server does that is told of readiness: the thing itself, if it can be done. EAGAIN says that it cannot.
func doNow(op operation, fd int, p []byte) done {
	d := done{op: op, fd: fd}
	var err error
	switch op {
	case accepted:
		d.n, d.err = server.Accept(fd)
		return d
	case received:
		d.n, _, err = unix.Recvfrom(fd, p, unix.MSG_DONTWAIT)
		d.data = p[:max(0, d.n)]
	case sent:
		d.n, err = unix.SendmsgN(fd, p, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	}
	d.err, _ = err.(unix.Errno)
	return d
}

// readiness is what an operation would have to wait for.
func readiness(op operation) uint32 {
	if op == sent {
		return unix.POLLOUT
	}
	return unix.POLLIN
}

// receiveSize is the size of the buffer of a receive.
const receiveSize = 16 << 10
