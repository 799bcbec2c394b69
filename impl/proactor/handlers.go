package proactor

import (
	"syscall"

	"github.com/iospec/iospec/impl/server"
)

// mostHeld is how many bytes of requests a connection may have waiting, while a reply is on its way, before receiving is
// stopped. To stop and to start again costs two operations, so that a client which takes its replies, if a little late,
// should not be stopped.
const mostHeld = server.BufferSize

// accepted has a client: it makes the connection and starts to receive.
func (p *proactor) accepted(c *completion) {
	p.accepting = c.more
	switch {
	case c.err == 0:
		p.welcome(c.n)
	case server.Full(c.err):
		p.door.Pause(c.err)
		return
	case p.desk.Stopping: // which is why it failed
	case c.err == syscall.EBADF, c.err == syscall.EINVAL, c.err == syscall.ENOTSOCK:
		p.fatal(accept, c.err)
		return
	}
	p.accept() // any other error is that of one client, who has gone; the next may be well
}

func (p *proactor) welcome(fd int) {
	for len(p.pending) <= fd {
		p.pending = append(p.pending, 0)
	}
	c := p.conns.Add(fd)
	if p.desk.Stopping { // it came when accepting was about to end
		p.start(deafen, c, nil)
	}
	p.settle(c, server.Readable)
}

// received has a piece of what the client said, already where the work can be done on it.
func (p *proactor) received(c *completion) {
	conn := p.conns.At(c.fd)
	if !c.more {
		p.over(c)
	}
	switch {
	case conn.Want == server.Gone: // too late
		p.settle(conn, server.Gone)
	case c.n > 0:
		p.settle(conn, conn.Received(p.desk, c.data))
	case c.err == 0: // the end
		conn.Ended = true
		p.settle(conn, conn.Want)
	case c.err == syscall.ENOBUFS, c.err == syscall.ECANCELED, c.err == syscall.EINTR: // to be started again, if it is wanted
		p.settle(conn, conn.Want)
	default: // a reset
		p.settle(conn, server.Gone)
	}
}

// sent has sent a reply, or the beginning of it.
func (p *proactor) sent(c *completion) {
	conn := p.conns.At(c.fd)
	p.over(c)
	if conn.Want == server.Gone || c.err != 0 && c.err != syscall.EINTR {
		p.settle(conn, server.Gone)
		return
	}
	p.settle(conn, conn.Sent(p.desk, c.n))
}

// parted has told the client that nothing more comes.
func (p *proactor) parted(c *completion) {
	conn := p.conns.At(c.fd)
	p.over(c)
	if conn.Want == server.Gone || c.err != 0 {
		p.settle(conn, server.Gone)
		return
	}
	p.settle(conn, conn.Parted(p.desk))
}

// settled has done what nobody waits for: what it brought about is told by the operation that it ended. But it may be
// the last thing that kept a connection from being closed.
func (p *proactor) settled(c *completion) {
	if c.fd == p.door.Listener {
		return
	}
	conn := p.conns.At(c.fd)
	p.over(c)
	if conn.Want == server.Gone && p.pending[c.fd] == 0 {
		p.leave(conn)
	}
}

// stopped has the word to stop.
func (p *proactor) stopped(c *completion) {
	p.desk.Stopping = true
	if c.err != 0 {
		p.fatal(stop, c.err)
	}
}

// over notes that an operation on a connection is not under way any more.
func (p *proactor) over(c *completion) { p.pending[c.fd] &^= 1 << c.op }

// settle starts what the connection now wants, unless it is under way.
func (p *proactor) settle(c *server.Conn, want server.Want) {
	if want == server.Readable && c.Ended {
		want = server.Gone
	}
	again := want == server.Again && c.Want != server.Again
	c.Want = want
	switch want {
	case server.Readable:
		p.start(receive, c, nil)
	case server.Writable:
		p.start(send, c, c.Unsent())
	case server.Parting:
		p.start(part, c, nil)
	case server.Gone:
		p.leave(c)
		return
	}
	if again {
		p.again = append(p.again, c)
	}
	if p.pending[c.FD].has(receive) && c.Held() > mostHeld {
		p.start(cancel, c, nil)
	}
}

// leave closes a connection, once nothing is under way on it; and sees to it that this is soon. It is a descriptor that
// accepting may have waited for.
func (p *proactor) leave(c *server.Conn) {
	switch now := p.pending[c.FD]; {
	case now == 0:
		p.conns.Close(c, p.desk)
		if p.door.Paused() {
			p.accept()
		}
	case now.has(receive), now.has(send):
		p.start(sever, c, nil)
	}
}
