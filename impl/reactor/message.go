//go:build linux

package reactor

import (
	"encoding/binary"
	"errors"

	"github.com/iospec/iospec/impl/server"
)

// What a reactor and its worker processes say to each other. Processes share no memory: what a thread finds in a Task
// must be spelled out here, and a number must say which task an answer belongs to.
//
//	request   number (8 bytes), length of the state (1), the handler's state, the input
//	result    number (8 bytes), input used (4), what is next (1), length of the state (1), the handler's state, the output
const maxMessage = 64 + 255 + server.MaxHeld + server.BufferSize

var errMessage = errors.New("a message between reactor and worker is broken")

// appendRequest writes what a worker must know of a task.
func appendRequest(b []byte, id uint64, t *server.Task) ([]byte, error) {
	b, err := appendState(binary.BigEndian.AppendUint64(b, id), t.Handler)
	return append(b, t.In...), err
}

// readRequest brings the handler to where it stood, and finds the input.
func readRequest(m []byte, h server.Handler) (id uint64, in []byte, err error) {
	if len(m) < 9 {
		return 0, nil, errMessage
	}
	in, err = readState(m[8:], h)
	return binary.BigEndian.Uint64(m), in, err
}

// appendResult writes what the work came to.
func appendResult(b []byte, id uint64, h server.Handler, step server.Step) ([]byte, error) {
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, id), uint32(step.Used))
	b, err := appendState(append(b, byte(step.Next)), h)
	return append(b, step.Out...), err
}

// readResult completes the task. The output stays in the message.
func readResult(m []byte, id uint64, t *server.Task) error {
	if len(m) < 14 || binary.BigEndian.Uint64(m) != id {
		return errMessage
	}
	out, err := readState(m[13:], t.Handler)
	t.Step = server.Step{Used: int(binary.BigEndian.Uint32(m[8:])), Next: server.Next(m[12]), Out: out}
	if err == nil && t.Step.Used > len(t.In) {
		err = errMessage
	}
	return err
}

// appendState writes where the handler stands, and its length before it.
func appendState(b []byte, h server.Handler) ([]byte, error) {
	at := len(b)
	b, err := h.(server.Portable).AppendBinary(append(b, 0))
	b[at] = byte(len(b) - at - 1)
	return b, err
}

// readState brings the handler to where the message says, and returns what follows.
func readState(m []byte, h server.Handler) (rest []byte, err error) {
	end := 1 + int(m[0])
	if len(m) < end {
		return nil, errMessage
	}
	return m[end:], h.(server.Portable).UnmarshalBinary(m[1:end])
}
