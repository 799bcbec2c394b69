package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// HTTP is HTTP/1.1 (RFC 9112), over one connection for many requests. What a server has to say about "/" is its own affair:
// any complete response is right, whatever its status. So an answer cannot be told from another request's, and how long it
// will be is not known beforehand.
type HTTP struct{}

// Name is "http".
func (HTTP) Name() string { return "http" }

// Request asks for "/".
func (HTTP) Request(n int) Request { return get(n, 20) }

// headLength is the length of the requests of which a large one is made: servers take 8 KiB of header lines at least.
const headLength = 7000

// Large is several requests at once with long header lines, which are answered in order.
func (HTTP) Large(n, size int) Request {
	var all Request
	for i := 0; len(all.Bytes) < size; i++ {
		all = then(all, get(n*1000003+i, headLength))
	}
	return all
}

// pipelined is how many requests for one big answer are sent at once: fewer than servers take on one connection.
const pipelined = 60

// Reply is many requests at once. How much they bring in is the server's affair, so it may be less than size.
func (HTTP) Reply(n, _ int) Big {
	var all Request
	for i := range pipelined {
		all = then(all, get(n*1000003+i, 20))
	}
	return Big{Request: all}
}

// get asks for "/" with a header line of some length, of which the request can be cut.
func get(n, size int) Request {
	head := "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: iospec\r\nX-Iospec: "
	b := fmt.Appendf(nil, "%s%s\r\n\r\n", head, text(n, size))
	return Request{Bytes: b, Split: len(head) + size/2, Answer: response}
}

// response reads one response whole, and what comes before it (103 Early Hints). It gives ErrLast when no other follows.
func response(r *bufio.Reader) error {
	if err := begins(r, []byte("HTTP/")); err != nil {
		return err
	}
	for {
		answer, err := http.ReadResponse(r, &http.Request{Method: http.MethodGet})
		if err != nil {
			return malformed(err)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close() // it is read to its end
		if err != nil {
			return malformed(err)
		}
		switch {
		case answer.StatusCode < http.StatusOK:
		case answer.Close:
			return ErrLast
		default:
			return nil
		}
	}
}

// begins looks at the first bytes without taking them, and does not wait for more than it needs to see that they are wrong.
func begins(r *bufio.Reader, want []byte) error {
	for n := range want {
		got, err := r.Peek(n + 1)
		if err != nil && n > 0 {
			return cut(err, n, len(want))
		} else if err != nil {
			return err
		}
		if got[n] != want[n] {
			return mismatch(r, got, want, 0, n)
		}
	}
	return nil
}

// EndAnnounced reports whether the last of some bytes of answers may be one after which the server ends the connection.
func (HTTP) EndAnnounced(answers []byte) bool {
	return bytes.Contains(bytes.ToLower(answers), []byte("\r\nconnection: close"))
}

// malformed tells an answer that is wrong from one that did not come whole.
func malformed(err error) error {
	var broken net.Error
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &broken) {
		return err
	}
	return &Mismatch{Want: []byte("an HTTP response"), Got: []byte(err.Error())}
}
