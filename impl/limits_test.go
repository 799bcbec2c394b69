//go:build linux

package impl_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
)

// TestOutOfDescriptors holds that a server which has no descriptor left serves whom it has, does not spin, and serves
// those who wait as soon as others leave.
func TestOutOfDescriptors(t *testing.T) {
	const limit, all = 40, 80
	eachBut(t, slices.Concat(processes, pools), func(t *testing.T, s impl.Server) {
		child := spawn(t, s, "line", limit)
		var clients []*client
		for range all { // the queue takes those whom the server cannot
			c := dial(t, child.address)
			clients = append(clients, c)
		}
		eventually(t, "it says that it no longer accepts", func() bool {
			return strings.Contains(child.log(t), "accept: too many open files")
		})
		served := child.sockets(t) - 1 // all its sockets are connections, but for the listener
		require.Greater(t, served, limit/2)
		require.Less(t, served, limit)
		for _, c := range clients[:served] {
			c.ask(t, "echo x", "x")
		}

		restful(t, child)

		clients[0].ask(t, "echo y", "y")
		for i, late := range clients[served:] { // one leaves, one gets in
			require.NoError(t, clients[i].Close())
			late.ask(t, "echo z", "z")
		}
	})
}

func (c *client) answer(want string) error {
	got, err := c.answers.ReadString('\n')
	if err == nil && got != want+"\n" {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	return err
}

func cpu(t *testing.T, c *child) time.Duration {
	t.Helper()
	// The CPU clock of another process: clock_getres(2), "CLOCK_PROCESS_CPUTIME_ID", and the kernel's MAKE_PROCESS_CPUCLOCK.
	var ts unix.Timespec
	require.NoError(t, unix.ClockGettime(int32(^c.PID()<<3|2), &ts))
	return time.Duration(ts.Nano())
}

// TestMoreThan1024 holds that every server takes more than 1024 clients, but for select, which turns away those that it
// cannot watch, says so, and serves the others.
func TestMoreThan1024(t *testing.T) {
	const all = 1300
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if limit.Cur < all+200 {
		t.Skipf("the descriptor limit is %d: too low for %d clients (ulimit -n)", limit.Cur, all)
	}
	eachBut(t, slices.Concat(processes, pools, []string{"emulated-proactor"}), func(t *testing.T, s impl.Server) {
		child := spawn(t, s, "line", 0)
		before := child.sockets(t)
		var clients []*client
		for range all {
			c := dial(t, child.address)
			clients = append(clients, c)
		}
		served := 0
		for _, c := range clients {
			if c.try("echo x", "x") == nil {
				served++
			}
		}
		if s.Name == "selectpoll/select" {
			require.Less(t, served, 1024)
			require.Greater(t, served, 1000)
			require.True(t, clients[all-1].gone(), "the last one was not turned away")
			require.Contains(t, child.log(t), "descriptor is 1024, and select watches only those below FD_SETSIZE, which is 1024")
		} else {
			require.Equal(t, all, served)
		}
		clients[0].ask(t, "echo still", "still")
		for _, c := range clients {
			require.NoError(t, c.Close())
		}
		eventually(t, "all descriptors are closed again", func() bool { return child.sockets(t) == before })
		c := dial(t, child.address) // and there is room again
		c.ask(t, "echo new", "new")
	})
}

// TestPushesBack holds that a client which sends and never reads is made to wait, and does not make the server grow; and
// that nothing is lost when it reads at last.
func TestPushesBack(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		child := spawn(t, s, "echo", 0)
		dial(t, child.address).ask(t, "warm", "warm")
		before := child.process(t).RSS
		c := dial(t, child.address)

		const most = 256 << 20
		piece := []byte(strings.Repeat("0123456789abcdef", 4096))
		sent := int64(0)
		for sent < most { // until it is not taken any more
			require.NoError(t, c.SetWriteDeadline(time.Now().Add(500*time.Millisecond)))
			n, err := c.Write(piece)
			sent += int64(n)
			if err != nil {
				break
			}
		}
		require.Less(t, sent, int64(most), "the server took all, and nobody reads its replies")
		require.Less(t, child.process(t).RSS-before, int64(4<<20), "the server's memory grew")
		dial(t, child.address).ask(t, "others", "others")

		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		require.NoError(t, c.CloseWrite())
		got := int64(0)
		for buf := make([]byte, len(piece)); ; {
			n, err := c.answers.Read(buf)
			for i, b := range buf[:n] {
				if b != piece[(got+int64(i))%16] {
					require.Failf(t, "wrong byte", "at %d", got+int64(i))
				}
			}
			got += int64(n)
			if err != nil {
				require.ErrorIs(t, err, io.EOF)
				break
			}
		}
		require.Equal(t, sent, got)
	})
}

// TestHugeBlob holds that a reply of any size takes no memory of its size.
func TestHugeBlob(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		child := spawn(t, s, "line", 0)
		c := dial(t, child.address)
		c.ask(t, "echo warm", "warm")
		before := child.process(t).RSS
		const size = 200 << 20
		_, err := fmt.Fprintf(c, "blob %d\necho after\n", size)
		require.NoError(t, err)
		_, err = io.CopyN(io.Discard, c.answers, size/2)
		require.NoError(t, err)
		require.Less(t, child.process(t).RSS-before, int64(4<<20), "the server's memory grew")
		_, err = io.CopyN(io.Discard, c.answers, size/2-1)
		require.NoError(t, err)
		require.NoError(t, c.answer("")) // the blob's newline
		require.NoError(t, c.answer("after"))
	})
}

// TestFair holds that a client which never stops talking does not starve another. Reads are small, so that the server can
// never have read all.
func TestFair(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		address, stop := serve(t, s, server.Config{Protocol: "echo", ReadSize: 16})
		defer func() { require.NoError(t, stop()) }()
		talker, other := dial(t, address), dial(t, address)
		talked := make(chan struct{})
		go func() {
			defer close(talked)
			_, _ = io.Copy(io.Discard, onlyReader{talker})
		}()
		go func() {
			for piece := make([]byte, 64<<10); ; {
				if _, err := talker.Write(piece); err != nil {
					return
				}
			}
		}()
		for i := range 200 {
			other.ask(t, fmt.Sprint("mine ", i), fmt.Sprint("mine ", i))
		}
		require.NoError(t, talker.Close())
		<-talked
	})
}

// TestStalledReaderCostsNothing holds that a server does nothing while a client takes no reply, though it has asked for
// more, nor afterwards, when it has nothing left to write.
func TestStalledReaderCostsNothing(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		child := spawn(t, s, "line", 0)
		c, other := dial(t, child.address), dial(t, child.address)
		const size = 20 << 20
		_, err := fmt.Fprintf(c, "blob %d\n", size)
		require.NoError(t, err)
		_, err = c.answers.Peek(1)
		require.NoError(t, err)
		_, err = fmt.Fprintf(c, "echo more\n")
		require.NoError(t, err)
		settled := cpu(t, child)
		eventually(t, "the buffers are full", func() bool {
			other.ask(t, "sleep 10", "slept 10")
			before := settled
			settled = cpu(t, child)
			return settled-before < 5*time.Millisecond
		})
		restful(t, child)
		_, err = io.CopyN(io.Discard, c.answers, size)
		require.NoError(t, err)
		require.NoError(t, c.answer("more"))
		restful(t, child)
	})
}

// restful looks at what a server does while there is nothing to do.
func restful(t *testing.T, c *child) {
	t.Helper()
	const quiet = 300 * time.Millisecond
	before := cpu(t, c)
	time.Sleep(quiet) // nothing happens, which is what is looked at
	require.Less(t, cpu(t, c)-before, quiet/5, "CPU time while there is nothing to do")
}

// TestNothingPerMessage holds that serving allocates nothing, be the requests whole or in halves.
func TestNothingPerMessage(t *testing.T) {
	type exchange struct{ request, answer string }
	for name, c := range map[string]struct {
		protocol string
		talk     []exchange
	}{
		"echo":   {"echo", []exchange{{"hello", "hello"}}},
		"line":   {"line", []exchange{{"echo hello\n", "hello\n"}}},
		"halves": {"line", []exchange{{"echo hello\necho ", "hello\n"}, {"you\n", "you\n"}}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s impl.Server) {
				address, stop := serve(t, s, server.Config{Protocol: c.protocol})
				defer func() { require.NoError(t, stop()) }()
				fd := connect(t, address)
				defer server.CloseFD(fd)
				buf := make([]byte, 64)
				require.Zero(t, testing.AllocsPerRun(400, func() {
					for _, x := range c.talk {
						swap(fd, x.request, x.answer, buf)
					}
				}), "allocations per message")
			})
		})
	}
}

// swap sends a request and takes its answer, and allocates nothing either.
func swap(fd int, request, answer string, buf []byte) {
	if n, err := unix.Write(fd, buf[:copy(buf, request)]); n != len(request) || err != nil {
		panic(fmt.Sprint("write: ", n, err))
	}
	for got := 0; got < len(answer); {
		n, err := unix.Read(fd, buf)
		if n <= 0 {
			panic(fmt.Sprint("read: ", n, err))
		}
		got += n
	}
}

// connect makes a blocking connection outside the runtime's poller, so that its client allocates nothing either.
func connect(t *testing.T, address string) int {
	t.Helper()
	where, err := net.ResolveTCPAddr("tcp", address)
	require.NoError(t, err)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, unix.Connect(fd, &unix.SockaddrInet4{Port: where.Port, Addr: [4]byte(where.IP.To4())}))
	return fd
}
