//go:build linux

package impl_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
)

// A script is what one client does: it sends the pieces, ends or resets, and takes what comes, in sips.
type script struct {
	pieces []string
	ending string // "half-close": says it is done, and reads to the end; "reset": breaks off after the pieces
	sip    int    // bytes that it reads at a time
	buffer int    // size of its receive buffer, 0: as usual; a very small one would make TCP wait for its timers
	late   bool   // reads only when all is sent
	want   string // all that must come back, when it ends by a half-close
}

// scripts draws a client of the line protocol.
func scripts() *rapid.Generator[script] {
	return rapid.Custom(func(t *rapid.T) script {
		s := script{
			ending: rapid.SampledFrom([]string{"half-close", "half-close", "half-close", "reset"}).Draw(t, "ending"),
			sip:    rapid.SampledFrom([]int{100, 5000, 1 << 16}).Draw(t, "sip"),
			buffer: rapid.SampledFrom([]int{0, 0, 64 << 10}).Draw(t, "buffer"),
		}
		var all strings.Builder
		quit := false
		for range rapid.IntRange(0, 20).Draw(t, "requests") {
			request, answer := request(t)
			all.WriteString(request)
			if !quit {
				s.want += answer
			}
			quit = quit || request == "quit\n"
		}
		if rapid.Bool().Draw(t, "half a request at the end") {
			all.WriteString("echo never answ")
		}
		for rest := all.String(); rest != ""; {
			n := min(len(rest), rapid.SampledFrom([]int{1, 5, 30, 1000, 70_000}).Draw(t, "piece"))
			s.pieces, rest = append(s.pieces, rest[:n]), rest[n:]
		}
		// What is on the way in both directions fits into the kernel's buffers, or a client that reads late would hang.
		s.late = len(s.want)+all.Len() < 30_000 && rapid.Bool().Draw(t, "late")
		return s
	})
}

func request(t *rapid.T) (request, answer string) {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		n := rapid.SampledFrom([]int{1, 100, 65_536, 400_000}).Draw(t, "blob")
		return fmt.Sprintf("blob %d\n", n), blob(n)
	case 1:
		return "what is this\n", "error: unknown request \"what\"\n"
	case 2:
		return "sleep 0\r\n", "slept 0\n"
	case 3:
		if rapid.IntRange(0, 4).Draw(t, "quit") == 0 {
			return "quit\n", ""
		}
	}
	text := rapid.StringMatching(`[a-z ]{0,20}`).Draw(t, "text")
	if rapid.IntRange(0, 5).Draw(t, "long") == 0 {
		text += strings.Repeat("=", 12_000)
	}
	return "echo " + text + "\n", text + "\n"
}

// play does what the script says, and returns what went wrong.
func (s script) play(t *rapid.T, address string) error {
	c := dial(t, address)
	if s.buffer > 0 {
		if err := c.SetReadBuffer(s.buffer); err != nil {
			return err
		}
	}
	sent := make(chan error, 1)
	go func() { sent <- s.send(c) }()
	if s.ending == "reset" {
		if err := <-sent; err != nil {
			return err
		}
		if err := c.SetLinger(0); err != nil { // closing is a reset then
			return err
		}
		return nil
	}
	if s.late {
		if err := <-sent; err != nil {
			return err
		}
		sent <- nil
	}
	var got strings.Builder
	_, err := io.CopyBuffer(&got, io.Reader(onlyReader{c}), make([]byte, s.sip))
	if err != nil {
		return fmt.Errorf("after %d of %d bytes: %w", got.Len(), len(s.want), err)
	}
	if err := <-sent; err != nil {
		return err
	}
	return differ(s.want, got.String())
}

// onlyReader hides whatever else a connection can do, so that it is read in sips.
type onlyReader struct{ io.Reader }

func (s script) send(c *client) error {
	for _, p := range s.pieces {
		if _, err := io.WriteString(c, p); err != nil {
			if s.ending == "reset" || strings.Contains(strings.Join(s.pieces, ""), "quit\n") {
				return nil // the server may have had enough before
			}
			return err
		}
	}
	if s.ending == "half-close" {
		if err := c.CloseWrite(); err != nil && !strings.Contains(err.Error(), unix.ENOTCONN.Error()) {
			return err
		}
	}
	return nil
}

func differ(want, got string) error {
	if want == got {
		return nil
	}
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	return fmt.Errorf("wrong from byte %d on: got %d bytes, want %d: %q, want %q", at, len(got), len(want), near(got, at), near(want, at))
}

func near(s string, at int) string { return s[at:min(len(s), at+20)] }

// TestExchange holds that every client gets exactly its answers, in order, however requests are cut, piled up, ended or
// broken off, and however slowly answers are read; and that a bystander is served throughout.
func TestExchange(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		rapid.Check(t, func(t *rapid.T) {
			clients := rapid.SliceOfN(scripts(), 1, 6).Draw(t, "clients")
			size := rapid.SampledFrom([]int{0, 0, 1, 7, 1000}).Draw(t, "read size")
			address, stop := serve(t, s, server.Config{Protocol: "line", ReadSize: size})
			defer func() { require.NoError(t, stop()) }()
			bystander := dial(t, address)

			failed := make([]error, len(clients))
			var all sync.WaitGroup
			for i, c := range clients {
				all.Go(func() { failed[i] = c.play(t, address) })
			}
			for i := range 5 {
				bystander.ask(t, fmt.Sprint("echo ", i), fmt.Sprint(i))
			}
			all.Wait()
			for i, err := range failed {
				require.NoError(t, err, "client %d", i)
			}
			bystander.ask(t, "echo still there", "still there")
		})
	})
}

// TestEchoReturnsEveryByte does the same for the protocol that copies nothing.
func TestEchoReturnsEveryByte(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		rapid.Check(t, func(t *rapid.T) {
			data := strings.Repeat(rapid.StringN(1, 100, -1).Draw(t, "data"), rapid.SampledFrom([]int{1, 1000, 10_000}).Draw(t, "times"))
			address, stop := serve(t, s, server.Config{Protocol: "echo", ReadSize: rapid.SampledFrom([]int{0, 0, 500}).Draw(t, "read size")})
			defer func() { require.NoError(t, stop()) }()
			c := script{pieces: []string{data}, ending: "half-close", sip: 3000, buffer: 64 << 10, want: data}
			require.NoError(t, c.play(t, address))
		})
	})
}
