// Package protocol is what the tester's clients speak: for each protocol the requests that the exercise needs, and how
// to read and verify exactly the answer that belongs to each, byte for byte.
package protocol

import (
	"bufio"
	"fmt"
	"strings"
)

// A Protocol makes requests for one kind of server. Requests with different numbers have different contents, so that an
// answer to another request is not taken for the right one. A Protocol keeps no state and may be used by many clients.
type Protocol interface {
	// Name is the word of --protocol.
	Name() string

	// Request is something small that every such server answers at once. Its bytes can be sent in two parts, of which
	// the first alone has no answer.
	Request(n int) Request

	// Large carries about size bytes to the server, whose answer comes when it has taken all of them in, or bit by bit.
	Large(n, size int) Request

	// Reply asks for an answer of at least size bytes, as far as that is the client's to say.
	Reply(n, size int) Big
}

// Request is bytes to send, and the reader of their answer.
type Request struct {
	Bytes []byte
	Split int // where the bytes may be cut in two: 0 < Split < len(Bytes)
	In    int // length of the right answer; 0: not known beforehand

	// Answer reads exactly the answer and verifies it. The error is a *Mismatch when the answer is wrong; ErrLast or
	// ErrEnded when the server ends the connection as it may; else that of the reader.
	Answer func(*bufio.Reader) error
}

// Big is a request for a big answer, with what has to be asked before, and after to leave no trace in the server.
type Big struct {
	Before  []Request
	Request Request
	After   []Request
}

// protocols by name, in the order in which they are shown.
var protocols = []Protocol{Echo{}, Line{}, HTTP{}, Redis{}, Memcached{}}

// Find gives the protocol of that name; "" is echo.
func Find(name string) (Protocol, error) {
	switch name {
	case "":
		name = Echo{}.Name()
	case None{}.Name():
		return None{}, nil
	}
	for _, p := range protocols {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("unknown protocol %q (known: %s)", name, strings.Join(Names(), ", "))
}

// Names lists the protocols.
func Names() []string {
	var names []string
	for _, p := range protocols {
		names = append(names, p.Name())
	}
	return append(names, None{}.Name())
}
