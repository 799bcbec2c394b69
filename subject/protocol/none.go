package protocol

import (
	"bufio"
	"errors"
)

// None is for a server of which nobody knows what it speaks. Clients of it connect and go, and say nothing: there is nothing to
// ask, and no answer is right.
type None struct{}

// errSilent is what waiting for an answer comes to.
var errSilent = errors.New("nothing was asked: the protocol is none")

// Name is "none".
func (None) Name() string { return "none" }

// Request has no bytes.
func (None) Request(int) Request { return Request{Answer: nothing} }

// Large has no bytes.
func (None) Large(int, int) Request { return Request{Answer: nothing} }

// Reply has no bytes.
func (None) Reply(int, int) Big { return Big{Request: Request{Answer: nothing}} }

func nothing(*bufio.Reader) error { return errSilent }
