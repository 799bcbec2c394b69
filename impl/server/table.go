package server

import "iter"

// A Table holds the connections of one thread, found by descriptor: an array, because the kernel always gives the
// lowest free number, so descriptors are dense.
type Table struct {
	newHandler func() Handler
	conns      []*Conn
	live       int
}

// NewTable makes an empty table for connections that come in by that door, hence speak its protocol.
func NewTable(d *Door) *Table { return &Table{newHandler: d.newHandler} }

// Add makes the connection, and its handler, of a newly accepted descriptor.
func (t *Table) Add(fd int) *Conn {
	for len(t.conns) <= fd {
		t.conns = append(t.conns, nil)
	}
	c := &Conn{FD: int32(fd), handler: t.newHandler()}
	t.conns[fd] = c
	t.live++
	return c
}

// At is the connection of that descriptor, nil if there is none.
func (t *Table) At(fd int) *Conn {
	if fd >= len(t.conns) {
		return nil
	}
	return t.conns[fd]
}

// Close closes the connection and takes it out of the table.
func (t *Table) Close(c *Conn, d *Desk) {
	t.conns[c.FD] = nil
	t.live--
	c.close(d)
}

// Len is the number of connections.
func (t *Table) Len() int { return t.live }

// Idle gives the connections that wait for a request: to them, a server that stops owes nothing. They may be closed on
// the way.
func (t *Table) Idle() iter.Seq[*Conn] {
	return func(yield func(*Conn) bool) {
		for _, c := range t.conns {
			if c != nil && c.Want == Readable && !yield(c) {
				return
			}
		}
	}
}

// All gives every connection. They may be closed on the way.
func (t *Table) All() iter.Seq[*Conn] {
	return func(yield func(*Conn) bool) {
		for _, c := range t.conns {
			if c != nil && !yield(c) {
				return
			}
		}
	}
}

// CloseAll closes what is left when the service is over.
func (t *Table) CloseAll(d *Desk) {
	for _, c := range t.conns {
		if c != nil {
			t.Close(c, d)
		}
	}
}
