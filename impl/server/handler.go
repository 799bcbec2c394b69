package server

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	// BufferSize is the size in bytes of a Desk's input buffer, hence the most that one read takes, and of the room
	// that a handler is given for its replies.
	BufferSize = 64 << 10

	// MaxHeld is the most input in bytes that a handler may leave unused when it awaits more: the longest request.
	MaxHeld = 16 << 10
)

// A Handler does the work of one connection: bytes in, bytes out. It makes no I/O and keeps no bytes, only where it
// stands; what it does not use is given to it again, with what has come since. It is called by one thread at a time,
// though not always by the same one. That is why one handler runs unchanged on every architecture.
//
// in is what has arrived and was not used yet, possibly nothing, possibly half a request or many. room is at least
// BufferSize bytes of scratch memory for replies. A call either uses input, or gives output, or awaits.
type Handler interface {
	Handle(in, room []byte) Step
}

// A Step is what one call of a Handler came to.
type Step struct {
	Used int    // bytes at the start of in that are done with
	Out  []byte // the reply, at most BufferSize bytes: part of room, or of in, to copy nothing; valid until the next call
	Next Next   // what to do once Out is sent
}

// Next says how a handler goes on.
type Next uint8

const (
	Await Next = iota // it needs more input than it was given
	More              // call it again, with the rest of the input: it has more to say
	Close             // close the connection
)

// Protocols makes the handler of a new connection, by the protocol's name.
var Protocols = map[string]func() Handler{
	"echo": func() Handler { return Echo{} },
	"line": func() Handler { return new(Line) },
}

func findProtocol(name string) (func() Handler, error) {
	if make, ok := Protocols[name]; ok {
		return make, nil
	}
	known := slices.Sorted(maps.Keys(Protocols))
	return nil, fmt.Errorf("unknown protocol %q (known: %s)", name, strings.Join(known, ", "))
}
