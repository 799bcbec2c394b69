package proactor

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/iocp"
)

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

// mirrors lets clients send that many bytes each, all at once, and want them back.
func mirrors(t *testing.T, address string, clients, size int) error {
	t.Helper()
	failed := make([]error, clients)
	var all sync.WaitGroup
	for i := range clients {
		c := dial(t, address)
		all.Go(func() { failed[i] = mirror(c, rand.NewChaCha8([32]byte{byte(i)}), size) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// TestEcho holds that every byte comes back, with receives of any size, and that each operation has one completion.
func TestEcho(t *testing.T) {
	for _, readSize := range []int{0, 100} {
		address, stop := serve(t, server.Config{Protocol: "echo", ReadSize: readSize})
		const clients, size = 20, 50_000
		require.NoError(t, mirrors(t, address, clients, size))
		said := stop()
		counted, err := iocp.ReadTally(said)
		require.NoError(t, err)
		require.NoError(t, counted.Conserved())
		require.Equal(t, []int{clients, clients, 1, clients * size, clients * size},
			[]int{counted.Accepts, counted.Ends, counted.Failed, counted.Received, counted.Sent}, said)
	}
}

// TestCollectorSparesWhatIsUnderWay holds that neither the record of an operation nor its buffer is given to others while the
// kernel may write to it: the collector runs all the time, and its leavings are used at once.
func TestCollectorSparesWhatIsUnderWay(t *testing.T) {
	address, stop := serve(t, server.Config{Protocol: "echo"})
	over := make(chan struct{})
	var collector sync.WaitGroup
	collector.Go(func() {
		var litter [][]byte
		for {
			select {
			case <-over:
				return
			default:
				runtime.GC()
				litter = litter[:0]
				for i := range 4000 { // of the sizes of what is kept for an operation
					litter = append(litter, bytes.Repeat([]byte{0xff}, 32<<(i%4)))
				}
			}
		}
	})
	const clients, size = 10, 400_000
	err := mirrors(t, address, clients, size)
	close(over)
	collector.Wait()
	require.NoError(t, err)
	counted, err := iocp.ReadTally(stop())
	require.NoError(t, err)
	require.NoError(t, counted.Conserved())
	require.Equal(t, clients*size, counted.Sent)
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
