package proactor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/impl/server"
)

// patience is how long a test waits for what must happen. It is no measure of anything.
const patience = 60 * time.Second

// serve runs the server. Stop waits for its end, and returns what it said.
func serve(t *testing.T, cfg server.Config) (address string, stop func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	listening, ended := make(chan netip.AddrPort, 1), make(chan error, 1)
	var log bytes.Buffer
	cfg.Address, cfg.Log, cfg.Listening = "127.0.0.1:0", &log, func(a netip.AddrPort) { listening <- a }
	go func() { ended <- ServeIOCP(ctx, cfg) }()
	stop = sync.OnceValue(func() string {
		cancel()
		select {
		case err := <-ended:
			require.NoError(t, err)
		case <-time.After(patience):
			require.Fail(t, "still serving")
		}
		return log.String()
	})
	select {
	case a := <-listening:
		t.Cleanup(func() { stop() })
		return a.String(), stop
	case err := <-ended:
		cancel()
		require.NoError(t, err)
		panic("unreachable")
	}
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c.(*net.TCPConn)
}

// mirror sends random bytes, says that it is done, and wants all of them back, and then the end.
func mirror(c *net.TCPConn, size int) error {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(data)
		sent <- errors.Join(err, c.CloseWrite())
	}()
	got, err := io.ReadAll(c)
	if err := errors.Join(err, <-sent); err != nil {
		return err
	}
	if !bytes.Equal(got, data) {
		return fmt.Errorf("%d bytes came back, of %d, or not the same", len(got), len(data))
	}
	return nil
}

// TestEcho holds that every byte comes back, with receives of any size, and that each operation has one completion.
func TestEcho(t *testing.T) {
	for _, readSize := range []int{0, 100} {
		address, stop := serve(t, server.Config{Protocol: "echo", ReadSize: readSize})
		const clients, size = 20, 50_000
		failed := make([]error, clients)
		var all sync.WaitGroup
		for i := range clients {
			c := dial(t, address)
			all.Go(func() { failed[i] = mirror(c, size) })
		}
		all.Wait()
		require.NoError(t, errors.Join(failed...))
		said := stop()
		var started, accepts, receives, received, sends, sent, ends, lost int
		_, counts, _ := strings.Cut(said, "operations started: ")
		_, err := fmt.Sscanf(counts, "%d; completed: %d accepts, %d receives of %d bytes, %d sends of %d bytes, %d ends, %d failed",
			&started, &accepts, &receives, &received, &sends, &sent, &ends, &lost)
		require.NoError(t, err, said)
		require.Equal(t, started, accepts+receives+sends+ends+lost, said)
		require.Equal(t, []int{clients, clients, 1, clients * size, clients * size}, []int{accepts, ends, lost, received, sent}, said)
	}
}

// TestStopAnswers holds that a server which is told to stop answers what has come, and ends the connections of those who
// are silent.
func TestStopAnswers(t *testing.T) {
	address, stop := serve(t, server.Config{Protocol: "line"})
	silent, asks := dial(t, address), dial(t, address)
	for _, c := range []net.Conn{silent, asks} {
		_, err := io.WriteString(c, "echo hello\n")
		require.NoError(t, err)
		got := make([]byte, len("hello\n"))
		_, err = io.ReadFull(c, got)
		require.NoError(t, err)
	}
	_, err := io.WriteString(asks, strings.Repeat("echo again\n", 3))
	require.NoError(t, err)
	got := make([]byte, len("again\n"))
	_, err = io.ReadFull(asks, got) // all three have come
	require.NoError(t, err)
	stop()
	rest, err := io.ReadAll(asks)
	require.NoError(t, err)
	require.Equal(t, "again\nagain\n", string(rest))
	rest, err = io.ReadAll(silent)
	require.NoError(t, err)
	require.Empty(t, rest)
}

// TestResets holds that clients which break off leave nothing under way.
func TestResets(t *testing.T) {
	address, _ := serve(t, server.Config{Protocol: "line"})
	for range 20 {
		c := dial(t, address)
		_, err := io.WriteString(c, "blob 1000000\n") // more than the client takes
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, 10))
		require.NoError(t, err)
		require.NoError(t, c.SetLinger(0))
		require.NoError(t, c.Close())
	}
	c := dial(t, address)
	_, err := io.WriteString(c, "echo still there\n")
	require.NoError(t, err)
	got := make([]byte, len("still there\n"))
	_, err = io.ReadFull(c, got)
	require.NoError(t, err)
}
