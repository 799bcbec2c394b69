package server

import "slices"

// This file is for servers that start operations and are told when they have been performed. They set Desk.Deferred, and
// then a Conn neither receives nor sends: it is given what has come, says what is to go, and is told what went. One reply
// is on its way at a time. What comes meanwhile is held; it is the server's to stop receiving before that is much.
//
// The states are those of every Conn, and one more:
//
//	Readable   Received, or the end
//	Writable   Unsent is on its way: Sent
//	Parting    the sending side is to be ended: Parted

// Received takes what has come. If the connection waits for it, the work is done on it; else it is held until the reply
// that is on its way has gone. The bytes are the connection's only until this returns.
func (c *Conn) Received(d *Desk, data []byte) Want {
	if c.left == nil && c.Want == Readable {
		return c.turn(d, data)
	}
	if c.left == nil {
		c.left = d.newLeftover()
	}
	c.left.hold(data)
	if c.Want == Readable {
		return c.turn(d, c.left.in)
	}
	return c.Want
}

// hold appends to what was not used. A flood grows in large steps: to grow bit by bit would leave behind many times the
// memory that it takes.
func (l *leftover) hold(data []byte) {
	if size := len(l.in) + len(data); size > BufferSize && size > cap(l.in) {
		l.in = slices.Grow(l.in, len(data)+4*BufferSize)
	}
	l.in = append(l.in, data...)
}

// Held is how many bytes have come that were not used.
func (c *Conn) Held() int {
	if c.left == nil {
		return 0
	}
	return len(c.left.in)
}

// Unsent is what is left to send of the reply. It stays where it is, and as it is, until Sent is called: whoever sends it
// may be given its address.
func (c *Conn) Unsent() []byte { return c.left.out[c.left.sent:] }

// Sent notes that so many bytes of Unsent went out. When all did, the work goes on, with what was held.
func (c *Conn) Sent(d *Desk, n int) Want {
	c.left.sent += n
	return c.Resume(d)
}

// Parted notes that the client was told that nothing more comes. From now on what it says is ignored, until it ends too.
func (c *Conn) Parted(d *Desk) Want {
	c.end, c.handler = lingering, new(discard)
	c.keep(d, nil, nil)
	return Readable
}
