package protocol

import (
	"bufio"
	"bytes"
	"fmt"
)

// Line is the testee protocol: a request per line, answered in order.
//
//	echo TEXT   TEXT
//	spin MS     spun MS
//	sleep MS    slept MS
//	blob N      exactly N bytes, of which the last is a newline and no other
type Line struct{}

// Name is "line".
func (Line) Name() string { return "line" }

// Request echoes a short text.
func (Line) Request(n int) Request { return line(text(n, 20)) }

// lineLength is the length of the lines of which a large request is made: a server may bound the length of a line, but
// not how many come at once.
const lineLength = 1000

// Large is many lines at once. They are answered in order, each on its own.
func (Line) Large(n, size int) Request {
	var bytes, want []byte
	for i := 0; len(bytes) < size; i++ {
		one := text(n*1000003+i, lineLength)
		bytes = append(append(append(bytes, "echo "...), one...), '\n')
		want = append(append(want, one...), '\n')
	}
	return Request{Bytes: bytes, Split: len(bytes) - lineLength/2, In: len(want), Answer: exactly(want)}
}

// Reply asks for a blob.
func (Line) Reply(_, size int) Big {
	b := []byte(fmt.Sprintf("blob %d\n", size))
	return Big{Request: Request{Bytes: b, Split: len(b) / 2, In: size, Answer: blob(size)}}
}

func line(t []byte) Request {
	b := append(append([]byte("echo "), t...), '\n')
	return Request{Bytes: b, Split: len(b) / 2, In: len(t) + 1, Answer: exactly(append(bytes.Clone(t), '\n'))}
}

// Spin asks for milliseconds of work: of CPU time of the thread that does it.
func (Line) Spin(ms int) Request { return work("spin", "spun", ms) }

// Sleep asks whoever does the work to block for milliseconds.
func (Line) Sleep(ms int) Request { return work("sleep", "slept", ms) }

func work(verb, done string, ms int) Request {
	b, want := fmt.Appendf(nil, "%s %d\n", verb, ms), fmt.Appendf(nil, "%s %d\n", done, ms)
	return Request{Bytes: b, Split: len(b) / 2, In: len(want), Answer: exactly(want)}
}

// blob reads size bytes of which the last is the first newline.
func blob(size int) func(*bufio.Reader) error {
	return func(r *bufio.Reader) error {
		for at := 0; at < size; {
			got, err := some(r, size-at)
			if err != nil {
				return cut(err, at, size)
			}
			switch i := bytes.IndexByte(got, '\n'); {
			case i >= 0 && at+i != size-1:
				return &Mismatch{At: at + i, Want: []byte("a blob's byte"), Got: bytes.Clone(got[i:min(len(got), i+shown)])}
			case i < 0 && at+len(got) == size:
				return &Mismatch{At: size - 1, Want: []byte("\n"), Got: bytes.Clone(got[len(got)-1:])}
			}
			at += len(got)
			_, _ = r.Discard(len(got)) // they are in the buffer
		}
		return nil
	}
}
