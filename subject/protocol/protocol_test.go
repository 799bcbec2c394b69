package protocol

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// answer is an independent server: what each protocol's server sends back for these bytes.
func answer(t require.TestingT, name string, request []byte) []byte {
	switch name {
	case "echo":
		return request
	case "line":
		return lineAnswer(t, request)
	case "http":
		return httpAnswer(t, request)
	case "memcached":
		return memcachedAnswer(t, bufio.NewReader(bytes.NewReader(request)))
	}
	return redisAnswer(t, bufio.NewReader(bytes.NewReader(request)))
}

func lineAnswer(t require.TestingT, request []byte) []byte {
	var out []byte
	for l := range strings.Lines(string(request)) {
		require.True(t, strings.HasSuffix(l, "\n"))
		if text, ok := strings.CutPrefix(l, "echo "); ok {
			out = append(out, text...)
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(l, "blob ")))
		require.NoError(t, err, l)
		out = append(append(out, bytes.Repeat([]byte("b"), n-1)...), '\n')
	}
	return out
}

func TestWorkIsConfirmed(t *testing.T) {
	for answer, r := range map[string]Request{"spun 5\n": Line{}.Spin(5), "slept 70\n": Line{}.Sleep(70)} {
		require.NoError(t, r.Answer(bufio.NewReader(strings.NewReader(answer))), "%s", r.Bytes)
		require.Error(t, r.Answer(bufio.NewReader(strings.NewReader("spun 7\n"))))
		require.Equal(t, len(answer), r.In)
	}
	require.Equal(t, "spin 5\n", string(Line{}.Spin(5).Bytes))
	require.Equal(t, "sleep 70\n", string(Line{}.Sleep(70).Bytes))
}

// stored is the one value of the redis server of these tests.
var stored string

func redisAnswer(t require.TestingT, r *bufio.Reader) []byte {
	words := make([]string, number(t, r, '*'))
	for i := range words {
		b := make([]byte, number(t, r, '$')+2)
		_, err := io.ReadFull(r, b)
		require.NoError(t, err)
		require.Equal(t, "\r\n", string(b[len(b)-2:]))
		words[i] = string(b[:len(b)-2])
	}
	_, err := r.ReadByte()
	require.ErrorIs(t, err, io.EOF, "one command, and nothing after it")
	bulk := func(s string) []byte { return fmt.Appendf(nil, "$%d\r\n%s\r\n", len(s), s) }
	switch words[0] {
	case "ECHO":
		return bulk(words[1])
	case "SET":
		stored = words[2]
		return []byte("+OK\r\n")
	case "GET":
		return bulk(stored)
	case "DEL":
		return []byte(":1\r\n")
	}
	return []byte("-ERR unknown command\r\n")
}

// httpAnswer gives each request a body that is as long as its path and headers, in one of the two ways of telling its end.
func httpAnswer(t require.TestingT, request []byte) []byte {
	var out []byte
	for in := bufio.NewReader(bytes.NewReader(request)); ; {
		r, err := http.ReadRequest(in)
		if err == io.EOF {
			return out
		}
		require.NoError(t, err)
		body := r.Header.Get("X-Iospec")
		if len(body)%2 == 0 {
			out = fmt.Appendf(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		} else {
			out = fmt.Appendf(out, "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		}
	}
}

// kept is what the memcached server of these tests holds.
var kept = map[string]string{}

func memcachedAnswer(t require.TestingT, r *bufio.Reader) []byte {
	var out []byte
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			return out
		}
		require.NoError(t, err)
		words := strings.Fields(line)
		reply := words[len(words)-1] != "noreply"
		switch words[0] {
		case "set":
			size, err := strconv.Atoi(words[4])
			require.NoError(t, err)
			value := make([]byte, size+2)
			_, err = io.ReadFull(r, value)
			require.NoError(t, err)
			kept[words[1]] = string(value[:size])
			if reply {
				out = append(out, "STORED\r\n"...)
			}
		case "get":
			for _, key := range words[1:] {
				out = fmt.Appendf(out, "VALUE %s 0 %d\r\n%s\r\n", key, len(kept[key]), kept[key])
			}
			out = append(out, "END\r\n"...)
		case "delete":
			require.Contains(t, kept, words[1])
			delete(kept, words[1])
			if reply {
				out = append(out, "DELETED\r\n"...)
			}
		}
	}
}

func number(t require.TestingT, r *bufio.Reader, sign byte) int {
	l, err := r.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, sign, l[0])
	n, err := strconv.Atoi(strings.TrimSpace(l[1:]))
	require.NoError(t, err)
	return n
}

// requests gives all kinds of requests of a protocol, in the order in which they are sent.
func requests(p Protocol, n, size int) []Request {
	big := p.Reply(n, size)
	return slices.Concat([]Request{p.Request(n), p.Large(n, size)}, big.Before, []Request{big.Request}, big.After)
}

func TestRightAnswersAreTaken(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n := rapid.IntRange(0, 1<<20).Draw(t, "n")
				size := rapid.IntRange(2, 20000).Draw(t, "size")
				buffer := rapid.SampledFrom([]int{16, 100, 4096, 65536}).Draw(t, "buffer")
				big := p.Reply(n, size)
				for _, r := range requests(p, n, size) {
					require.True(t, 0 < r.Split && r.Split < len(r.Bytes))
					right := answer(t, p.Name(), r.Bytes)
					require.True(t, r.In == len(right) || r.In == 0 && p.Name() == "http")
					in := bufio.NewReaderSize(iotest.HalfReader(strings.NewReader(string(right)+"next")), buffer)
					require.NoError(t, r.Answer(in))
					next, err := io.ReadAll(in)
					require.NoError(t, err)
					require.Equal(t, "next", string(next), "exactly one answer is taken")
				}
				require.GreaterOrEqual(t, len(p.Large(n, size).Bytes), size)
				require.True(t, big.Request.In >= size || p.Name() == "http")
			})
		})
	}
}

func TestWrongAnswersAreRefused(t *testing.T) {
	for _, p := range protocols {
		if p.Name() == "http" {
			continue // any complete response is right: see TestHTTPRefusesWhatIsNoHTTP
		}
		t.Run(p.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n := rapid.IntRange(0, 1<<20).Draw(t, "n")
				for _, r := range requests(p, n, rapid.IntRange(2, 5000).Draw(t, "size")) {
					right := answer(t, p.Name(), r.Bytes)
					at := rapid.IntRange(0, len(right)-1).Draw(t, "at")

					short := r.Answer(bufio.NewReader(bytes.NewReader(right[:at])))
					if at > 0 {
						require.ErrorIs(t, short, io.ErrUnexpectedEOF)
						require.ErrorContains(t, short, fmt.Sprintf("after %d of %d bytes", at, len(right)))
					} else {
						require.Error(t, short)
					}

					wrong := bytes.Clone(right)
					wrong[at] ^= '\n' ^ 'b' // a letter for a newline, and the other way round
					if bytes.HasPrefix(r.Bytes, []byte("blob")) && wrong[at] != '\n' && at < len(right)-1 {
						continue // the bytes of a blob are free
					}
					err := r.Answer(bufio.NewReader(bytes.NewReader(wrong)))
					var m *Mismatch
					require.ErrorAs(t, err, &m, "%.20q, byte %d", r.Bytes, at)
					require.Equal(t, at, m.At)
				}
			})
		})
	}
}

func TestRequestsDiffer(t *testing.T) {
	for _, p := range protocols {
		seen := map[string]int{}
		for n := range 500 {
			for _, r := range []Request{p.Request(n), p.Large(n, 2000)} {
				before, twice := seen[string(r.Bytes)]
				require.False(t, twice, "%s: requests %d and %d are the same", p.Name(), before, n)
				seen[string(r.Bytes)] = n
			}
		}
	}
}

func TestFind(t *testing.T) {
	for _, name := range Names() {
		p, err := Find(name)
		require.NoError(t, err)
		require.Equal(t, name, p.Name())
	}
	p, err := Find("")
	require.NoError(t, err)
	require.Equal(t, "echo", p.Name())
	_, err = Find("gopher")
	require.ErrorContains(t, err, "known: echo, line, http, redis, memcached, none")
}

func TestGuess(t *testing.T) {
	for first, speaks := range map[string]string{
		"HTTP/1.1 400 Bad Request\r\n":    "HTTP",
		"-ERR unknown command 'x'\r\n":    "RESP",
		"ERROR\r\n":                       "memcached",
		"error: no such request\n":        "testee",
		"SSH-2.0-OpenSSH_9.2\r\n":         "SSH",
		"\x15\x03\x01\x00\x02\x02":        "TLS",
		"J\x00\x00\x00\x0a8.0.36\x00":     "MySQL",
		"*2\r\n$4\r\nECHO\r\n$1\r\na\r\n": "echo",
	} {
		require.Contains(t, Guess([]byte(first)), speaks, "%q", first)
	}
	require.Empty(t, Guess([]byte("who knows")))
	require.Empty(t, Guess(nil))
}
