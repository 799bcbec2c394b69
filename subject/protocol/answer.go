package protocol

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Mismatch tells that the server's answer is not the one that was due.
type Mismatch struct {
	At   int    // how many bytes were right
	Want []byte // what was due from there on, some of it
	Got  []byte // what came instead
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("wrong answer at byte %d: %q was due, %q came", m.At, m.Want, m.Got)
}

// shown is how many bytes of each side a Mismatch shows.
const shown = 48

// exactly makes the reader of an answer that is known beforehand.
func exactly(want []byte) func(*bufio.Reader) error {
	return func(r *bufio.Reader) error {
		for at := 0; at < len(want); {
			got, err := some(r, len(want)-at)
			if err != nil {
				return cut(err, at, len(want))
			}
			if i := firstDifference(got, want[at:]); i >= 0 {
				return mismatch(r, got, want, at, i)
			}
			at += len(got)
			_, _ = r.Discard(len(got)) // they are in the buffer
		}
		return nil
	}
}

// some gives what has come, at least one and at most limit bytes, without taking it out of the buffer.
func some(r *bufio.Reader, limit int) ([]byte, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	return r.Peek(min(r.Buffered(), limit))
}

// cut says how much of the answer was there when reading ended.
func cut(err error, at, length int) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("after %d of %d bytes of the answer: %w", at, length, err)
}

func mismatch(r *bufio.Reader, got, want []byte, at, i int) error {
	rest, _ := r.Peek(r.Buffered()) // what is there cannot fail to be
	if len(rest) > len(got) {
		got = rest
	}
	from := at + i
	return &Mismatch{
		At:   from,
		Want: bytes.Clone(want[from:min(len(want), from+shown)]),
		Got:  bytes.Clone(got[i:min(len(got), i+shown)]),
	}
}

// firstDifference gives where got departs from the beginning of want, or -1.
func firstDifference(got, want []byte) int {
	if bytes.HasPrefix(want, got) {
		return -1
	}
	for i := range got {
		if got[i] != want[i] {
			return i
		}
	}
	return -1
}

// text gives size letters that differ from one request to the next and from one place to the next, so that neither an
// exchanged nor a shifted answer is taken for the right one.
func text(n, size int) []byte {
	b := make([]byte, size)
	state := uint64(n)*0x9e3779b97f4a7c15 + 1
	for i := range b {
		state ^= state << 13 // xorshift64: the same letters on each machine and run
		state ^= state >> 7
		state ^= state << 17
		b[i] = 'a' + byte(state>>32)%26
	}
	return b
}
