package server

import (
	"encoding"
	"encoding/binary"
	"errors"
)

// Portable is what a handler must be to work in another process: where it stands travels there with the task, and back
// with the step. Every handler of Protocols is one.
type Portable interface {
	Handler
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// AppendBinary implements Portable: Echo stands nowhere.
func (Echo) AppendBinary(b []byte) ([]byte, error) { return b, nil }

// UnmarshalBinary implements Portable.
func (Echo) UnmarshalBinary([]byte) error { return nil }

// AppendBinary implements Portable.
func (l *Line) AppendBinary(b []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, uint64(l.blob)), uint64(l.sent)), nil
}

// UnmarshalBinary implements Portable.
func (l *Line) UnmarshalBinary(b []byte) error {
	if len(b) != 16 {
		return errors.New("the state of a line handler has 16 bytes")
	}
	l.blob, l.sent = int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	return nil
}
