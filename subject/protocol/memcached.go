package protocol

import "fmt"

// Memcached is the text protocol of memcached and its kin (doc/protocol.txt of memcached).
type Memcached struct{}

// Name is "memcached".
func (Memcached) Name() string { return "memcached" }

// Request stores a short text, asks for it, and deletes it. Only the question is answered (noreply), so that the answer
// tells one request from another, and nothing stays in the server.
func (Memcached) Request(n int) Request { return keep(n, 0, 20) }

// valueLength is the length of the values of which a large request is made: a server bounds it, by 1 MiB if it was told
// nothing else.
const valueLength = 64 << 10

// Large is several values, one after the other.
func (Memcached) Large(n, size int) Request {
	var all Request
	for part := 0; len(all.Bytes) < size; part++ {
		one := keep(n, part, min(valueLength, size))
		all = then(all, one)
	}
	return all
}

// Reply stores a value, asks for it many times in one command, and deletes it.
func (Memcached) Reply(n, size int) Big {
	key, value := fmt.Sprintf("iospec:%d", n), text(n, min(valueLength, size))
	get, want := []byte("get"), []byte{}
	for len(want) < size {
		get = append(append(get, ' '), key...)
		want = append(want, found(key, value)...)
	}
	get, want = append(get, "\r\n"...), append(want, "END\r\n"...)
	return Big{
		Before:  []Request{asked(fmt.Sprintf("set %s 0 0 %d\r\n%s\r\n", key, len(value), value), "STORED\r\n")},
		Request: Request{Bytes: get, Split: len(get) / 2, In: len(want), Answer: exactly(want)},
		After:   []Request{asked("delete "+key+"\r\n", "DELETED\r\n")},
	}
}

func keep(n, part, size int) Request {
	key, value := fmt.Sprintf("iospec:%d.%d", n, part), text(n*1000003+part, size)
	r := asked(fmt.Sprintf("set %s 0 0 %d noreply\r\n%s\r\nget %s\r\ndelete %s noreply\r\n", key, size, value, key, key),
		string(found(key, value))+"END\r\n")
	r.Split = len(fmt.Sprintf("set %s 0 0 %d noreply\r\n", key, size)) + (size+1)/2 // in the midst of the value
	return r
}

func found(key string, value []byte) []byte {
	return fmt.Appendf(nil, "VALUE %s 0 %d\r\n%s\r\n", key, len(value), value)
}

func asked(bytes, want string) Request {
	return Request{Bytes: []byte(bytes), Split: len(bytes) / 2, In: len(want), Answer: exactly([]byte(want))}
}
