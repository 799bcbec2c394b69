package protocol

import "fmt"

// Echo is the protocol in which the server sends back each byte as it comes.
type Echo struct{}

// Name is "echo".
func (Echo) Name() string { return "echo" }

// Request is a line of text, though the newline means nothing here. A server that answers its first part at once is
// right: the answer is due in full only after the second.
func (Echo) Request(n int) Request {
	return echo([]byte(fmt.Sprintf("%d %s\n", n, text(n, 20))))
}

// Large is a text of that size.
func (Echo) Large(n, size int) Request { return echo(text(n, size)) }

// Reply sends as much as is to come back: the client has to read while it sends, or the server to keep what it cannot send.
func (e Echo) Reply(n, size int) Big { return Big{Request: e.Large(n, size)} }

func echo(b []byte) Request {
	return Request{Bytes: b, Split: len(b) / 2, In: len(b), Answer: exactly(b)}
}
