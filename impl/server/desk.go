package server

import "unsafe"

// A Desk is the working memory of one thread: one buffer to read into and one to reply from, for all its connections.
// A connection needs them only while its turn lasts, so an idle connection costs no buffer.
type Desk struct {
	// Stopping is set once the server is told to stop: a connection whose requests are answered is then Gone.
	Stopping bool

	// Blocking is set by servers whose sockets block: the scheduler is told of their calls.
	Blocking bool

	// Deferred is set by servers that start operations and make no calls: nothing is sent, a reply is kept until it was.
	Deferred bool

	in, out []byte
	size    int         // bytes that one read takes at most
	filled  int         // bytes at the start of in: what the connection at work has not used yet
	short   bool        // the last read took less than it could
	spare   []*leftover // to be used again
	spared  int         // bytes that they take
}

// NewDesk makes the buffers.
func NewDesk(d *Door) *Desk {
	size := d.cfg.ReadSize
	if size <= 0 || size > BufferSize {
		size = BufferSize
	}
	return &Desk{in: make([]byte, MaxHeld+size), out: make([]byte, BufferSize), size: size}
}

// Short reports whether the last read took less than it asked for: then there was no more to read.
func (d *Desk) Short() bool { return d.short }

// A leftover is what one turn of a connection leaves to the next.
type leftover struct {
	in   []byte // arrived, but not used: half a request, or requests that wait until replies are taken
	out  []byte // replied, but not sent, because the client does not take it
	sent int    // how much of out went out since
}

// mostSpared bounds the bytes that are kept to be used again: as much as many small leftovers take, or some large ones.
const mostSpared = 1 << 20

func (d *Desk) newLeftover() *leftover {
	if last := len(d.spare) - 1; last >= 0 {
		l := d.spare[last]
		d.spare = d.spare[:last]
		d.spared -= l.memory()
		return l
	}
	return new(leftover)
}

func (d *Desk) release(l *leftover) {
	if d.spared+l.memory() <= mostSpared {
		l.in, l.out, l.sent = l.in[:0], l.out[:0], 0
		d.spare = append(d.spare, l)
		d.spared += l.memory()
	}
}

// memory is about how many bytes a leftover takes.
func (l *leftover) memory() int { return int(unsafe.Sizeof(*l)) + cap(l.in) + cap(l.out) }
