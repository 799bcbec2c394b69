package protocol

import (
	"bufio"
	"errors"
	"slices"
)

// then is two requests sent at once, answered one after the other. It can be cut in the second, of which the answer is not due
// before it is complete.
func then(a, b Request) Request {
	if len(a.Bytes) == 0 {
		return b
	}
	return Request{
		Bytes: slices.Concat(a.Bytes, b.Bytes),
		Split: len(a.Bytes) + b.Split,
		In:    a.In + b.In,
		Answer: func(r *bufio.Reader) error {
			err := a.Answer(r)
			switch {
			case errors.Is(err, ErrLast):
				return ErrEnded
			case err != nil:
				return err
			}
			return b.Answer(r)
		},
	}
}
