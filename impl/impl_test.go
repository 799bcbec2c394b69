//go:build linux

package impl_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/internal/trait"
)

// patience is how long a test waits for what must happen. It is no measure of anything.
const patience = 30 * time.Second

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range impl.Servers {
		require.False(t, seen[s.Name], "%s twice", s.Name)
		seen[s.Name] = true
		require.NotEmpty(t, s.Summary, s.Name)
		require.Contains(t, s.Traits, "every-server", s.Name)
		for _, name := range s.Traits {
			_, ok := trait.Find(name)
			require.True(t, ok, "%s claims the unknown trait %q", s.Name, name)
		}
		found, ok := impl.Find(s.Name)
		require.True(t, ok)
		require.Equal(t, s.Name, found.Name)
	}
	_, ok := impl.Find("epoll/none")
	require.False(t, ok)
}

// each runs the test on every reference server.
func each(t *testing.T, test func(t *testing.T, s impl.Server)) {
	for _, s := range impl.Servers {
		t.Run(s.Name, func(t *testing.T) { test(t, s) })
	}
}

// eachBut runs the test on every reference server that claims none of those traits.
func eachBut(t *testing.T, traits []string, test func(t *testing.T, s impl.Server)) {
	for _, s := range impl.Servers {
		if !slices.ContainsFunc(s.Traits, func(trait string) bool { return slices.Contains(traits, trait) }) {
			t.Run(s.Name, func(t *testing.T) { test(t, s) })
		}
	}
}

var (
	pools     = []string{"process-pool", "thread-pool"} // serve as many at once as they have processes or threads
	processes = []string{                               // the connections, or not they alone, are in other processes than the one that was started
		"process-per-connection", "process-pool", "single-reactor-processes", "multi-reactor-processes",
	}
)

// serve runs a server in this process, until stop is called, which waits for its end and returns its error.
func serve(t require.TestingT, s impl.Server, cfg server.Config) (address string, stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	listening, ended := make(chan netip.AddrPort, 1), make(chan error, 1)
	cfg.Address, cfg.Listening = "127.0.0.1:0", func(a netip.AddrPort) { listening <- a }
	go func() { ended <- s.Serve(ctx, cfg) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return fmt.Errorf("%s: still serving %v after it was told to stop", s.Name, patience)
		}
	})
	select {
	case a := <-listening:
		return a.String(), stop
	case err := <-ended:
		require.NoError(t, err, "the server did not start")
		panic("unreachable")
	}
}

// The role "server" runs a server in a process of its own: its name, protocol, descriptor limit (0: as it is). Its log is
// the answer to every "log".
func init() {
	reexec.Role("server", func(in <-chan string, out io.Writer) error {
		var name, protocol string
		var limit uint64
		if _, err := fmt.Sscan(<-in, &name, &protocol, &limit); err != nil {
			return err
		}
		if limit > 0 {
			if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
				return err
			}
		}
		s, ok := impl.Find(name)
		if !ok {
			return fmt.Errorf("no server %s", name)
		}
		log := new(logbook)
		go func() {
			for range in {
				_, _ = fmt.Fprintf(out, "%q\n", log.String())
			}
		}()
		return s.Serve(context.Background(), server.Config{
			Address: "127.0.0.1:0", Protocol: protocol, Log: log,
			Listening: func(a netip.AddrPort) { _, _ = fmt.Fprintln(out, a) },
		})
	})
}

type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A child is a server in a process of its own.
type child struct {
	*reexec.Child
	address string
}

func spawn(t *testing.T, s impl.Server, protocol string, limit int) *child {
	t.Helper()
	c, err := reexec.Start("server", reexec.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Stop() })
	address, err := c.Ask(fmt.Sprint(s.Name, " ", protocol, " ", limit))
	require.NoError(t, err)
	return &child{c, address}
}

func (c *child) log(t *testing.T) string {
	t.Helper()
	quoted, err := c.Ask("log")
	require.NoError(t, err)
	text, err := strconv.Unquote(quoted)
	require.NoError(t, err)
	return text
}

func (c *child) process(t *testing.T) proc.Process {
	t.Helper()
	p, err := proc.Read(c.PID())
	require.NoError(t, err)
	return p
}

func (c *child) signal(t *testing.T, sig unix.Signal) {
	t.Helper()
	require.NoError(t, c.process(t).Signal(sig))
}

// sockets counts the sockets of the child, the listener included.
func (c *child) sockets(t *testing.T) int {
	t.Helper()
	links, err := proc.Links(c.PID())
	require.NoError(t, err)
	n := 0
	for _, link := range links {
		if strings.HasPrefix(link, "socket:") {
			n++
		}
	}
	return n
}

// eventually waits for a condition of another process, which nothing announces.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "not within %v: %s", patience, what)
	}
}

// A tester is a *testing.T or a *rapid.T.
type tester interface {
	require.TestingT
	Cleanup(func())
}

// A client speaks the line protocol.
type client struct {
	*net.TCPConn
	answers *bufio.Reader
}

// dial makes a client that is closed with the test.
func dial(t tester, address string) *client {
	c, err := net.DialTimeout("tcp", address, patience)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return &client{c.(*net.TCPConn), bufio.NewReader(c)}
}

// try asks and compares; it returns what went wrong.
func (c *client) try(request, answer string) error {
	if _, err := fmt.Fprintln(c, request); err != nil {
		return err
	}
	got, err := c.answers.ReadString('\n')
	if err == nil && got != answer+"\n" {
		return fmt.Errorf("asked %q, got %q", request, got)
	}
	return err
}

func (c *client) ask(t require.TestingT, request, answer string) {
	require.NoError(t, c.try(request, answer))
}

// gone reports whether the server has ended the connection.
func (c *client) gone() bool {
	_, err := c.answers.Peek(1)
	return err != nil && !os.IsTimeout(err)
}
