package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/subject/protocol"
)

// patience is how long a test waits for what must happen. It is no measure of anything.
const patience = time.Minute

// says runs a command line to its end.
func says(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = execute(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), status
}

// TestWhatCanBeLookedUp holds that this program tells on Windows what it knows: its server, and all claims.
func TestWhatCanBeLookedUp(t *testing.T) {
	for _, look := range []struct{ args, want string }{
		{"servers", "proactor/iocp"}, {"servers --json", `"name": "proactor/iocp"`}, {"traits", "io_uring"}, {"claims", "server.survives-reset"},
		{"claims --json", `"id": "epoll.no-scan"`}, {"claims iocp.kernel-asynchrony", "a receive is pending at once"}, {"--help", "iospec holds claims"},
	} {
		out, errs, status := says(t, strings.Fields(look.args)...)
		require.Equal(t, exitKept, status, "%s: %s", look.args, errs)
		require.Contains(t, out, look.want, look.args)
	}
	out, _, _ := says(t, "servers")
	require.NotContains(t, out, "epoll/edge", "it does not run here")
}

// TestWhatIsMadeOfLinux holds that what does not run on Windows says so, with a hint and a status of its own.
func TestWhatIsMadeOfLinux(t *testing.T) {
	for _, c := range newRoot().Commands() {
		if !strings.HasSuffix(c.Short, "(on Linux)") {
			continue
		}
		_, errs, status := says(t, c.Name(), "--whatever", "--", "server")
		require.Equal(t, exitMissing, status, c.Name())
		require.Contains(t, errs, "does not run on Windows")
		require.Contains(t, errs, "hint:")
	}
	_, errs, status := says(t, "serve", "epoll/edge")
	require.Equal(t, exitUsage, status)
	require.Contains(t, errs, "no server is called")
}

// listening passes on where a server says that it listens.
type listening struct{ address chan string }

func (l listening) Write(p []byte) (int, error) {
	if _, address, ok := strings.Cut(string(p), "listening on "); ok {
		l.address <- strings.TrimSpace(address)
	}
	return len(p), nil
}

// TestTheDrivers holds that the clients of each protocol that the server speaks are answered by it, from small requests to
// replies that do not fit into any buffer; and that it ends in order when it is told to.
func TestTheDrivers(t *testing.T) {
	for _, speaks := range []string{"line", "echo"} {
		ctx, stop := context.WithCancel(t.Context())
		at, ended := listening{make(chan string, 1)}, make(chan int, 1)
		go func() {
			ended <- execute(ctx, []string{"serve", "proactor/iocp", "--protocol", speaks}, io.Discard, at)
		}()
		var address string
		select {
		case address = <-at.address:
		case status := <-ended:
			require.Fail(t, "it does not serve", "exit status %d", status)
		case <-time.After(patience):
			require.Fail(t, "it does not listen")
		}
		driver, err := protocol.Find(speaks)
		require.NoError(t, err)
		big := driver.Reply(9, 5<<20)
		requests := append(append([]protocol.Request{driver.Request(1), driver.Request(2), driver.Large(3, 300<<10)}, big.Before...), big.Request)
		for _, r := range append(requests, big.After...) {
			require.NoError(t, drive(address, r), "%s, a request of %d bytes", speaks, len(r.Bytes))
		}
		stop()
		select {
		case status := <-ended:
			require.Equal(t, exitKept, status)
		case <-time.After(patience):
			require.Fail(t, "still serving")
		}
	}
}

// drive has a client send a request, in two pieces, and verify the answer.
func drive(address string, r protocol.Request) error {
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	go func() {
		_, _ = c.Write(r.Bytes[:r.Split]) // what fails shows in the answer
		_, _ = c.Write(r.Bytes[r.Split:])
	}()
	return r.Answer(bufio.NewReader(c))
}
