package server

import "golang.org/x/sys/unix"

// Receive makes one read, into the Desk, behind what earlier turns left there. 0 bytes and no error: the client has
// ended. Since a connection that is read has nothing unsent, it is over then.
func (c *Conn) Receive(d *Desk) (n int, err unix.Errno) {
	held := 0
	if c.left != nil {
		held = copy(d.in, c.left.in)
	}
	n, err = d.recv(c.FD, d.in[held:min(held+d.size, len(d.in))])
	d.filled = held + n
	return n, err
}
