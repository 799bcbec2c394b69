//go:build linux

package server

import (
	"context"

	"golang.org/x/sys/unix"
)

// This file is for the servers that block: a process or a thread serves one connection at a time, and sleeps in the
// kernel, inside accept, recv or send, until that one has something for it. Nothing waits for several descriptors.
//
// A thread that is blocked in a call hears nothing but what happens to the socket. So the word to stop is said to the
// socket: shutdown(SHUT_RD) makes it look as if the other side had ended. On a listener, accept then fails with EINVAL.
// On a connection, recv still returns all that has come, and then 0 bytes; so the requests that have come are answered,
// and then the conversation is over, by the very code that ends it when a client leaves.

// OpenBlocking opens a door for a server that blocks. Its listener blocks, it has no Stop, and one takes clients from it
// with Admit. When the server is to stop, Admit fails, and then stopping is called, in a goroutine of its own, to tell
// those who do not accept.
func OpenBlocking(ctx context.Context, cfg Config, stopping func()) (*Door, error) {
	return newDoor(ctx, cfg, 0, func(listener int) {
		_ = unix.Shutdown(listener, unix.SHUT_RD)
		stopping()
	})
}

// Admit blocks until a client comes. Its error is EINVAL once the server is to stop. While descriptors or memory are
// wanting it tries again and again.
func (d *Door) Admit() (fd int, err unix.Errno) {
	return Admit(d.Listener, func(err unix.Errno) { d.Scarce("accept", err, "ulimit -n sets the limit") })
}

// Admit takes one connection from a blocking listener, as a blocking socket, and tells scarce if none can be had for the
// time being. It may block, so the scheduler is told.
func Admit(listener int, scarce func(unix.Errno)) (fd int, err unix.Errno) {
	for {
		r, _, err := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(listener), 0, 0, unix.SOCK_CLOEXEC, 0, 0)
		switch {
		case Full(err):
			scarce(err)
			Nap()
		case err == 0 || acceptFails(err):
			return int(r), err
		}
	}
}

// Ended is what a server returns after Admit failed: nothing if it was told to stop.
func Ended(err unix.Errno) error {
	if err == unix.EINVAL {
		return nil
	}
	return Fatal("accept4", err)
}

// Nap is what a server that blocks does when descriptors, processes or threads have run out: it sleeps a little, and
// then tries again. Ten tries a second are no load, and the clients wait in the listener's queue meanwhile. It cannot
// be woken, so it must be short: a tenth of a second is what stopping may take longer.
func Nap() { sleep(100) }

// Scarce tells, once, what has run out.
func (d *Door) Scarce(call string, err error, hint string) {
	if !d.told {
		d.told = true
		d.Logf("%s: %v: trying again ten times a second (%s)", call, err, hint)
	}
}

// A Clerk serves connections on blocking sockets, one after the other. It is the working memory of a thread or process
// that has nothing else to do.
type Clerk struct {
	newHandler func() Handler
	desk       *Desk
}

// NewClerk makes a clerk that speaks the configured protocol.
func NewClerk(cfg Config) (*Clerk, error) {
	newHandler, err := findProtocol(cfg.Protocol)
	if err != nil {
		return nil, err
	}
	desk := NewDesk(&Door{cfg: cfg})
	desk.Blocking = true
	return &Clerk{newHandler, desk}, nil
}

// Serve talks with one client from its first request to its end: it reads, works, sends, and blocks wherever the client
// is slow. It leaves the closing of the descriptor to its caller.
func (k *Clerk) Serve(fd int) {
	c := &Conn{FD: int32(fd), handler: k.newHandler()}
	defer c.keep(k.desk, nil, nil)
	for want := Readable; want != Gone; {
		if want != Readable {
			want = c.Resume(k.desk) // a signal cut the sending short, or the handler has more to say
			continue
		}
		n, err := c.Receive(k.desk)
		if err != 0 || n == 0 { // a reset, or the end
			return
		}
		want = c.Answer(k.desk)
	}
}
