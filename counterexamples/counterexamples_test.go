//go:build linux

package counterexamples

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/internal/trait"
)

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Servers {
		require.False(t, seen[s.Name], "%s twice", s.Name)
		seen[s.Name] = true
		require.True(t, strings.HasPrefix(s.Name, "counterexample/"), s.Name)
		require.NotEmpty(t, s.Breaks, s.Name)
		require.NotEmpty(t, s.Mistake, s.Name)
		for _, name := range s.Traits {
			_, ok := trait.Find(name)
			require.True(t, ok, "%s claims the unknown trait %q", s.Name, name)
		}
		found, ok := Find(s.Name)
		require.True(t, ok)
		require.Equal(t, s.Name, found.Name)
	}
	_, ok := Find("counterexample/none")
	require.False(t, ok)
}

// TestBehavesOtherwise holds that each serves two clients, one after the other and one of them twice, and that it ends
// when its context does, leaving no descriptor and no goroutine.
func TestBehavesOtherwise(t *testing.T) {
	for _, s := range Servers {
		t.Run(s.Name, func(t *testing.T) {
			dial(t, idleListener(t))                             // what the runtime starts once, for its network poller, is there from now on
			signal.Notify(make(chan os.Signal, 1), unix.SIGUSR1) // and what it starts for signals
			goroutines, before := runtime.NumGoroutine(), openFiles(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended, address := make(chan error, 1), make(chan netip.AddrPort, 1)
			go func() {
				ended <- s.Serve(ctx, server.Config{
					Address: "127.0.0.1:0", Protocol: "line",
					Listening: func(a netip.AddrPort) { address <- a },
				})
			}()
			where := await(t, address, ended).String()
			first, second := dial(t, where), dial(t, where)
			first.ask(t, "echo one", "one")
			second.ask(t, "echo two", "two")
			first.ask(t, "echo three", "three")
			first.Close()
			second.ask(t, "echo four", "four")

			cancel()
			select {
			case err := <-ended:
				require.NoError(t, err)
			case <-time.After(10 * time.Second):
				require.Fail(t, "still serving 10 s after it was told to stop")
			}
			second.Close()
			for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
				require.True(t, time.Now().Before(deadline), "goroutines left: %d, and there were %d", runtime.NumGoroutine(), goroutines)
			}
			require.Equal(t, before, openFiles(t), "descriptors left")
		})
	}
}

func init() {
	reexec.Role("counterexample", func(in <-chan string, out io.Writer) error {
		s, ok := Find(<-in)
		if !ok {
			return fmt.Errorf("no such server")
		}
		err := s.Serve(context.Background(), server.Config{
			Address: "127.0.0.1:0", Protocol: "line",
			Listening: func(a netip.AddrPort) { fmt.Fprintln(out, a) },
		})
		if err == nil {
			fmt.Fprintln(out, "ended")
		}
		return err
	})
}

// TestStopsOnTerm holds that each ends on SIGTERM, though a client is there that reads nothing of what it asked for.
func TestStopsOnTerm(t *testing.T) {
	for _, s := range Servers {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			child, err := reexec.Start("counterexample", reexec.Options{})
			require.NoError(t, err)
			where, err := child.Ask(s.Name)
			require.NoError(t, err)
			c := dial(t, where)
			c.ask(t, "echo one", "one")
			_, err = c.Write([]byte("blob 100000000\n"))
			require.NoError(t, err)
			_, err = c.answers.Peek(1)
			require.NoError(t, err)

			p, err := proc.Read(child.PID())
			require.NoError(t, err)
			require.NoError(t, p.Signal(unix.SIGTERM))
			require.Eventually(t, func() bool {
				p, err := proc.Read(child.PID())
				return err != nil || !p.Alive()
			}, 10*time.Second, 5*time.Millisecond, "still running 10 s after SIGTERM")
			require.NoError(t, child.Stop())
		})
	}
}

type client struct {
	net.Conn
	answers *bufio.Reader
}

func dial(t *testing.T, where string) *client {
	t.Helper()
	c, err := net.Dial("tcp", where)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	return &client{c, bufio.NewReader(c)}
}

func (c *client) ask(t *testing.T, request, answer string) {
	t.Helper()
	_, err := fmt.Fprintln(c, request)
	require.NoError(t, err)
	got, err := c.answers.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, answer+"\n", got)
}

func await(t *testing.T, address <-chan netip.AddrPort, ended <-chan error) netip.AddrPort {
	t.Helper()
	select {
	case a := <-address:
		return a
	case err := <-ended:
		require.NoError(t, err, "it did not start")
	}
	panic("unreachable")
}

func idleListener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// openFiles lists this process's descriptors, but for the one that reads the list.
func openFiles(t *testing.T) []string {
	t.Helper()
	open, err := proc.OpenFiles(os.Getpid())
	require.NoError(t, err)
	return open
}
