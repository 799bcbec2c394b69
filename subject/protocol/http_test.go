package protocol

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// TestHTTPAgainstARealServer: each request has one answer for each GET in it, whatever the server answers, and whether it
// knows its length or sends it in chunks.
func TestHTTPAgainstARealServer(t *testing.T) {
	for name, body := range map[string]func(http.ResponseWriter){
		"length":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, "hello") },
		"chunks":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<16)) },
		"not found":  func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
		"no content": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
		"early hint": func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints); w.WriteHeader(http.StatusOK) },
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++; body(w) }))
			defer s.Close()
			c, err := net.Dial("tcp", s.Listener.Addr().String())
			require.NoError(t, err)
			defer c.Close()
			in := bufio.NewReader(c)
			for _, r := range requests(HTTP{}, 7, 20000) {
				before := asked
				sent := make(chan error, 1)
				go func() { _, err := c.Write(r.Bytes); sent <- err }()
				require.NoError(t, r.Answer(in))
				require.NoError(t, <-sent)
				require.Zero(t, in.Buffered())
				require.Equal(t, strings.Count(string(r.Bytes), "GET "), asked-before)
			}
		})
	}
}

func TestHTTPRefusesWhatIsNoHTTP(t *testing.T) {
	r := HTTP{}.Request(1)
	for _, wrong := range []string{"-ERR unknown command 'GET'\r\n", "GET /iospec/1 HTTP/1.1\r\n", "HTTP/1.banana\r\n\r\n", "H"} {
		var m *Mismatch
		err := r.Answer(bufio.NewReader(strings.NewReader(wrong)))
		if wrong == "H" {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			continue
		}
		require.ErrorAs(t, err, &m, wrong)
	}
	for _, short := range []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"} {
		require.ErrorIs(t, r.Answer(bufio.NewReader(iotest.HalfReader(strings.NewReader(short)))), io.ErrUnexpectedEOF, short)
	}
	require.ErrorIs(t, r.Answer(bufio.NewReader(strings.NewReader(""))), io.EOF)
}

// TestHTTPEndsWithAWord: an answer may be the last of its connection, and says so, or is of HTTP/1.0.
func TestHTTPEndsWithAWord(t *testing.T) {
	one := HTTP{}.Request(1)
	for answer, last := range map[string]bool{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi":                           false,
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi":      true,
		"HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 2\r\n\r\nhi": true,
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi":                           true,
		"HTTP/1.1 200 OK\r\n\r\nhi":                                                true, // its end is the connection's
	} {
		r := bufio.NewReader(strings.NewReader(answer))
		if err := one.Answer(r); last {
			require.ErrorIs(t, err, ErrLast, answer)
		} else {
			require.NoError(t, err, answer)
		}
		require.Zero(t, r.Buffered())

		two := then(one, one)
		err := two.Answer(bufio.NewReader(strings.NewReader(answer + answer)))
		switch {
		case !last:
			require.NoError(t, err, answer)
		case strings.Contains(answer, "Length"):
			require.ErrorIs(t, err, ErrEnded, answer)
		}
	}
	require.True(t, HTTP{}.EndAnnounced([]byte("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n")))
	require.False(t, HTTP{}.EndAnnounced([]byte("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n")))
}
