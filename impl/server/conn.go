package server

import "syscall"

// Want is what a connection waits for. It is one thing at a time: as long as replies are unsent, nothing is read.
// That is the whole of back-pressure: a client that does not take its replies soon cannot send requests either, and
// the server keeps at most two buffers for it.
type Want uint8

const (
	Readable Want = iota // more of a request
	Writable             // room in the send buffer: replies are unsent
	Again                // another turn, once everybody else had one: it has replies to give and there is room for them
	Gone                 // nothing: the connection is over, close it
	Working              // somebody else, who works on its request: see Task
	Parting              // the end of its sending side: see Parted
)

// stepsPerTurn bounds how long one connection keeps its thread, however much it asks for.
const stepsPerTurn = 4

// A Conn is one connection. It takes turns: a turn is a read, the work, and the sending of replies. Idle, it takes 32
// bytes, its handler's memory and a place in the Table.
type Conn struct {
	FD   int32
	Want Want // what the server made it wait for; the server's to keep

	// Unread and Ended are for servers that are told of a change only once. Unread: what was reported may not all
	// have been read. Ended: the client's end was reported, and no report will follow.
	Unread, Ended bool

	end     ending
	handler Handler
	left    *leftover // nil while nothing is
}

// ending is how far a connection is on its way out.
type ending uint8

const (
	staying   ending = iota
	closing          // to be closed when all is sent
	lingering        // all is sent, and the client was told that nothing more comes
)

// Answer does the work on what was received and sends the replies.
func (c *Conn) Answer(d *Desk) Want {
	want := c.turn(d, d.in[:d.filled])
	if d.Stopping && want == Readable && d.Short() {
		return Gone
	}
	return want
}

// Resume sends what is unsent, now that there is room, and goes on with the work.
func (c *Conn) Resume(d *Desk) Want {
	if want := c.flush(d); want != Again {
		return want
	}
	if c.left == nil {
		return c.turn(d, nil)
	}
	return c.turn(d, c.left.in)
}

// flush sends what is unsent. Again says that nothing is left of it.
func (c *Conn) flush(d *Desk) Want {
	left := c.left
	if left == nil {
		return Again
	}
	if left.sent < len(left.out) {
		n, err := d.send(c.FD, left.out[left.sent:])
		if err != 0 && err != syscall.EAGAIN {
			return Gone
		}
		if left.sent += n; left.sent < len(left.out) {
			return Writable
		}
	}
	left.out, left.sent = left.out[:0], 0
	return Again
}

// turn lets the handler work and sends what it says, step by step, until it has no more to say, the client takes no
// more, or the turn is over.
func (c *Conn) turn(d *Desk, in []byte) Want {
	if c.end == closing {
		return c.linger(d)
	}
	for range stepsPerTurn {
		step := c.handler.Handle(in, d.out)
		in = in[step.Used:]
		if want := c.send(d, in, step); want != Again {
			return want
		}
	}
	c.keep(d, in, nil)
	return Again
}

// send sends what one step of the work came to. Again says that the handler has more to say; the input that is left to
// it is then kept by the caller.
func (c *Conn) send(d *Desk, in []byte, step Step) Want {
	if step.Next == Close && c.end == staying {
		c.end, in = closing, nil
	}
	if len(step.Out) > 0 {
		n, err := d.send(c.FD, step.Out)
		if err != 0 && err != syscall.EAGAIN {
			return Gone
		}
		if n < len(step.Out) {
			c.keep(d, in, step.Out[n:])
			return Writable
		}
	}
	switch step.Next {
	case Close:
		return c.linger(d)
	case Await:
		c.keep(d, in, nil)
		return Readable
	}
	return Again
}

// keep saves what this turn leaves over: the buffers are needed for the next connection. The output is copied first,
// since it may be part of the input.
func (c *Conn) keep(d *Desk, in, out []byte) {
	if len(in)+len(out) == 0 {
		if c.left != nil {
			d.release(c.left)
			c.left = nil
		}
		return
	}
	if c.left == nil {
		c.left = d.newLeftover()
	}
	c.left.out = append(c.left.out[:0], out...)
	c.left.in = append(c.left.in[:0], in...)
}

// linger ends the sending side and reads on until the client ends too. Closing at once would be wrong: what the client
// has sent in the meantime would be answered by a reset, which may destroy replies that it has not read yet.
func (c *Conn) linger(d *Desk) Want {
	switch {
	case c.end == lingering:
		return Gone
	case d.Deferred:
		return Parting
	case endSending(c.FD) != nil:
		return Gone
	}
	return c.Parted(d)
}

// discard is the handler of a connection that lingers: it ignores what is said, up to a limit.
type discard struct{ bytes int }

func (h *discard) Handle(in, _ []byte) Step {
	if h.bytes += len(in); h.bytes > 16<<20 {
		return Step{Used: len(in), Next: Close}
	}
	return Step{Used: len(in), Next: Await}
}

// close ends the connection. Its descriptor may be given to another one at once.
func (c *Conn) close(d *Desk) {
	c.keep(d, nil, nil)
	CloseFD(int(c.FD))
	c.FD = -1
}
