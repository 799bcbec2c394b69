package proactor

import (
	"syscall"
	"time"
)

// An operation is something that is started now and performed by somebody else. What it came to is told later.
type operation uint8

const (
	accept  operation = iota // wait for clients, at the listener
	receive                  // wait for what a client says
	send                     // send a reply, or the beginning of it
	part                     // end the sending side: the client reads its replies, and then the end
	deafen                   // end the receiving side: what has come is still received, and then the end
	sever                    // end both
	stop                     // wait for the word to stop
	cancel                   // end a receive that goes on
)

func (op operation) String() string {
	return [...]string{"accept", "receive", "send", "part", "deafen", "sever", "stop", "cancel"}[op]
}

// A completion tells what an operation came to. There is one for each operation; but an accept or a receive may go on,
// and then there is one for each client, and for each piece of what was said.
type completion struct {
	op   operation
	fd   int           // that it was started on
	n    int           // accept: the descriptor of the client; receive and send: how many bytes
	err  syscall.Errno // why it failed
	data []byte        // receive: what the client said; it may be used until the next completion is taken
	more bool          // the operation goes on, and there will be another completion
}

// A processor performs operations. It is what differs between the servers: the kernel, by way of a ring, or helper threads.
// It belongs to one thread; only that one calls it.
type processor interface {
	// start starts an operation on a descriptor and returns at once. p is what to send: it must stay, and stay as it is,
	// until the completion. At most one operation of a kind may be under way on a descriptor.
	start(op operation, fd int, p []byte)

	// wait blocks until something has completed, but no longer than timeout, which is for ever if it is negative.
	wait(timeout time.Duration) error

	// next takes the next completion, if there is one.
	next() (c completion, ok bool)

	// close frees everything. No operation may be under way.
	close()
}
