package protocol

import "fmt"

// Redis is RESP, version 2, as any Redis and its kin speak it: https://redis.io/docs/latest/develop/reference/protocol-spec/
type Redis struct{}

// Name is "redis".
func (Redis) Name() string { return "redis" }

// Request is ECHO of a short text.
func (Redis) Request(n int) Request { return command(bulk(text(n, 20)), "ECHO", string(text(n, 20))) }

// Large is ECHO of a long text.
func (Redis) Large(n, size int) Request {
	t := text(n, size)
	return command(bulk(t), "ECHO", string(t))
}

// Reply stores a value, asks for it, and deletes it.
func (Redis) Reply(n, size int) Big {
	key, value := fmt.Sprintf("iospec:%d", n), text(n, size)
	return Big{
		Before:  []Request{command("+OK\r\n", "SET", key, string(value))},
		Request: command(bulk(value), "GET", key),
		After:   []Request{command(":1\r\n", "DEL", key)},
	}
}

// command writes an array of bulk strings. It can be cut in the midst of its last one.
func command(want string, words ...string) Request {
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = append(b, bulk([]byte(w))...)
	}
	last := len(words[len(words)-1])
	return Request{Bytes: b, Split: len(b) - 2 - (last+1)/2, In: len(want), Answer: exactly([]byte(want))}
}

func bulk(b []byte) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(b), b) }
