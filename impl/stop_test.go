//go:build linux

package impl_test

import (
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/proc"
)

// TestStopsGracefully holds that a server which is told to stop answers what has come, finishes what it has begun, ends
// the others, takes no more clients, and frees its port.
func TestStopsGracefully(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		child := spawn(t, s, "line", 0)
		busy, idle, half := dial(t, child.address), dial(t, child.address), dial(t, child.address)
		idle.ask(t, "echo 1", "1")
		half.ask(t, "echo 2", "2")
		_, err := io.WriteString(half, "echo hal")
		require.NoError(t, err)
		const size = 20 << 20 // more than the kernel buffers
		_, err = io.WriteString(busy, "blob 20971520\n")
		require.NoError(t, err)
		_, err = busy.answers.Peek(1)
		require.NoError(t, err)

		child.signal(t, unix.SIGTERM)
		require.True(t, idle.gone(), "an idle client was not ended")
		require.True(t, half.gone(), "a client with half a request was not ended")
		l, err := net.Listen("tcp", child.address)
		require.NoError(t, err, "the port is not free, while the last reply is under way")
		require.NoError(t, l.Close())
		n, err := io.Copy(io.Discard, busy.answers)
		require.NoError(t, err)
		require.EqualValues(t, size, n, "the reply was cut short")
		ends(t, child)
	})
}

// TestStopsThoughNobodyReads holds that a client which takes no reply cannot keep a server from ending.
func TestStopsThoughNobodyReads(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		t.Parallel()
		child := spawn(t, s, "line", 0)
		stuck := dial(t, child.address)
		_, err := io.WriteString(stuck, "blob 1000000000\n")
		require.NoError(t, err)
		_, err = stuck.answers.Peek(1)
		require.NoError(t, err)
		began := time.Now()
		child.signal(t, unix.SIGINT)
		ends(t, child)
		require.GreaterOrEqual(t, time.Since(began), server.Grace/2, "it was given no time to read")
	})
}

// TestAnswersWhatHasCome holds that requests which arrived before the word to stop are answered: the server is busy with
// work while they and the word come.
func TestAnswersWhatHasCome(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		t.Parallel()
		child := spawn(t, s, "line", 0)
		worker, others := dial(t, child.address), make([]*client, 10)
		worker.ask(t, "echo there", "there")
		for i := range others {
			others[i] = dial(t, child.address)
			others[i].ask(t, "echo there", "there")
		}
		_, err := io.WriteString(worker, "sleep 500\n")
		require.NoError(t, err)
		for _, c := range others {
			_, err := io.WriteString(c, "echo me too\n")
			require.NoError(t, err)
		}
		child.signal(t, unix.SIGTERM)
		require.NoError(t, worker.answer("slept 500"))
		for _, c := range others {
			require.NoError(t, c.answer("me too"))
		}
		ends(t, child)
	})
}

// ends waits for the child's end, and wants it to be a good one.
func ends(t *testing.T, c *child) {
	t.Helper()
	eventually(t, "the server has ended", func() bool {
		p, err := proc.Read(c.PID())
		return err != nil || !p.Alive()
	})
	require.NoError(t, c.Stop())
}

// TestLeavesNothing holds that a server that has ended leaves no descriptor and no goroutine, though clients of all kinds
// were there.
func TestLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		visit := func() {
			address, stop := serve(t, s, server.Config{Protocol: "line"})
			var clients []*client
			for range 12 { // fewer than a pool has threads
				c := dial(t, address)
				c.ask(t, "echo x", "x")
				clients = append(clients, c)
			}
			require.NoError(t, clients[0].SetLinger(0))
			require.NoError(t, clients[0].Close())
			_, err := io.WriteString(clients[1], "quit\n")
			require.NoError(t, err)
			require.True(t, clients[1].gone())
			require.NoError(t, stop())
			for _, c := range clients[1:] {
				require.NoError(t, c.Close())
			}
		}
		visit() // what the runtime starts once, its poller and its signal handler, is there from now on
		goroutines, files := runtime.NumGoroutine(), openFiles(t)
		visit()
		eventually(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= goroutines })
		require.Equal(t, files, openFiles(t))
	})
}

func openFiles(t *testing.T) []string {
	t.Helper()
	open, err := proc.OpenFiles(os.Getpid())
	require.NoError(t, err)
	return open
}
