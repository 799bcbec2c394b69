//go:build linux

package subject

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// limited answers so many requests of HTTP on each connection, and then ends it, with or without a word in the last answer.
func limited(args []string) {
	limit, _ := strconv.Atoi(args[1])
	serve(listen(args[0]), func(c net.Conn) {
		defer c.Close()
		in := bufio.NewReader(c)
		for n := 1; n <= limit; n++ {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			word := ""
			if n == limit && args[2] == "announced" {
				word = "Connection: close\r\n"
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\n%sContent-Length: 6\r\n\r\nhello\n", word)
		}
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c) // or what was sent could be lost by a reset
	})
}

// A client of HTTP whose connection ends as it was told connects again for what it still wants to ask.
func TestHTTPServersThatEndTheirConnections(t *testing.T) {
	for limit, streams := range map[int]int{1: 18, 5: 6, 1000: 1} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			s := run(t, Spec{Command: role("limited", "{address}", strconv.Itoa(limit), "announced"), Protocol: "http"})
			r, err := s.Exercise(t.Context(), StandardLoad())
			require.NoError(t, err)
			for _, c := range r.Clients {
				require.Empty(t, c.Error, "%s", c.Role)
				require.LessOrEqual(t, len(c.Exchanges), limit)
			}
			require.Zero(t, r.Unanswered)
			require.Equal(t, streams, roleCount(r)["stream"])
			require.Greater(t, r.Answered, 3*StandardLoad().Held)
		})
	}
	t.Run("without a word", func(t *testing.T) {
		s := run(t, Spec{Command: role("limited", "{address}", "5", "silent"), Protocol: "http"})
		r, err := s.Exercise(t.Context(), StandardLoad())
		require.NoError(t, err)
		require.Positive(t, r.Unanswered, "who asked was owed an answer, and got none")
	})
}
