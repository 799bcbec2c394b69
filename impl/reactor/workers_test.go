//go:build linux

package reactor_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/reactor"
	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/reexec"
)

// patience is how long a test waits for what must happen. It is no measure of anything.
const patience = 30 * time.Second

type serve func(context.Context, server.Config) error

// withProcesses are the servers that have worker processes.
var withProcesses = map[string]serve{
	"single-processes": reactor.ServeSingleProcesses,
	"multi-processes":  reactor.ServeMultiProcesses,
	"nginx-lock":       reactor.ServeNginxLock,
	"nginx-exclusive":  reactor.ServeNginxExclusive,
	"nginx-reuseport":  reactor.ServeNginxReusePort,
}

var withThreads = map[string]serve{
	"single-threads": reactor.ServeSingleThreads,
	"multi-threads":  reactor.ServeMultiThreads,
}

// The role "reactor" runs a server in a process of its own: its name, the number of workers, the descriptor limit (0: as
// it is).
func init() {
	reexec.Role("reactor", func(in <-chan string, out io.Writer) error {
		var name string
		var workers int
		var limit uint64
		if _, err := fmt.Sscan(<-in, &name, &workers, &limit); err != nil {
			return err
		}
		if limit > 0 {
			if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
				return err
			}
		}
		run := withProcesses[name]
		if run == nil {
			run = withThreads[name]
		}
		return run(context.Background(), server.Config{
			Address: "127.0.0.1:0", Protocol: "line", Workers: workers, Log: os.Stderr,
			Listening: func(a netip.AddrPort) { _, _ = fmt.Fprintln(out, a) },
		})
	})
}

type child struct {
	*reexec.Child
	address string
}

func spawn(t *testing.T, name string, workers, limit int) *child {
	t.Helper()
	c, err := reexec.Start("reactor", reexec.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Stop() })
	address, err := c.Ask(fmt.Sprint(name, " ", workers, " ", limit))
	require.NoError(t, err)
	return &child{c, address}
}

// workers are the processes that the server has started and that live.
func (c *child) workers(t *testing.T) (pids []int) {
	t.Helper()
	all, err := proc.All()
	require.NoError(t, err)
	for _, p := range proc.Descendants(all, c.PID()) {
		if p.Alive() && p.PID != c.PID() {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// files counts the descriptors of a process.
func files(t *testing.T, pid int) int {
	t.Helper()
	links, err := proc.Links(pid)
	require.NoError(t, err)
	return len(links)
}

type client struct {
	net.Conn
	answers *bufio.Reader
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return &client{c, bufio.NewReader(c)}
}

func (c *client) try(request string) (string, error) {
	if _, err := fmt.Fprintln(c, request); err != nil {
		return "", err
	}
	got, err := c.answers.ReadString('\n')
	return strings.TrimSuffix(got, "\n"), err
}

func (c *client) ask(t *testing.T, request, want string) {
	t.Helper()
	got, err := c.try(request)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// who is the process, and the thread, that does the work for a client.
func (c *client) who(t *testing.T) (pid, tid int) {
	t.Helper()
	got, err := c.try("whoami")
	require.NoError(t, err)
	_, err = fmt.Sscan(got, &pid, &tid)
	require.NoError(t, err)
	return pid, tid
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "not within %v: %s", patience, what)
	}
}

func each(t *testing.T, servers map[string]serve, test func(t *testing.T, name string)) {
	for name := range servers {
		t.Run(name, func(t *testing.T) { test(t, name) })
	}
}

// TestReplacesADeadWorker holds that a worker which is killed harms its own clients only, and is replaced; that the
// server has no more descriptors then than before; and that it ends in order.
func TestReplacesADeadWorker(t *testing.T) {
	each(t, withProcesses, func(t *testing.T, name string) {
		c := spawn(t, name, 2, 0)
		dial(t, c.address).ask(t, "echo x", "x")
		eventually(t, "two workers", func() bool { return len(c.workers(t)) == 2 })
		before := files(t, c.PID())
		for range 3 {
			victim := c.workers(t)[0]
			require.NoError(t, unix.Kill(victim, unix.SIGKILL))
			eventually(t, "it is replaced", func() bool {
				pids := c.workers(t)
				return len(pids) == 2 && pids[0] != victim && pids[1] != victim
			})
			for range 20 { // they come to either
				dial(t, c.address).ask(t, "echo y", "y")
			}
		}
		eventually(t, "the clients are gone", func() bool { return files(t, c.PID()) <= before+21*3 })
		require.NoError(t, unix.Kill(c.PID(), unix.SIGTERM))
		eventually(t, "it has ended", func() bool { return len(c.workers(t)) == 0 && ended(c.PID()) })
		require.NoError(t, c.Stop())
	})
}

func ended(pid int) bool {
	p, err := proc.Read(pid)
	return err != nil || !p.Alive()
}

// TestDeadLockHolder holds that the worker which dies with the accept lock does not take accepting with it.
func TestDeadLockHolder(t *testing.T) {
	c := spawn(t, "nginx-lock", 2, 0)
	for range 5 {
		first := dial(t, c.address)
		pid, _ := first.who(t) // it had the lock, and has taken it again
		require.NoError(t, unix.Kill(pid, unix.SIGKILL))
		_, err := first.answers.ReadString('\n')
		require.Error(t, err)
		dial(t, c.address).ask(t, "echo x", "x")
	}
}

// TestNobodySurvivesTheMaster holds that no worker is left when the server is killed.
func TestNobodySurvivesTheMaster(t *testing.T) {
	each(t, withProcesses, func(t *testing.T, name string) {
		c := spawn(t, name, 3, 0)
		client := dial(t, c.address)
		client.ask(t, "echo x", "x")
		_, err := io.WriteString(client, "spin 10000\n") // one of them is at work
		require.NoError(t, err)
		pids := c.workers(t)
		require.Len(t, pids, 3)
		require.NoError(t, unix.Kill(c.PID(), unix.SIGKILL))
		for _, pid := range pids {
			eventually(t, "a worker has ended", func() bool { return ended(pid) })
		}
	})
}

// TestIgnoresSignalsForTheGroup holds that what a terminal sends to all processes of a group stops the server in order:
// its workers leave it to the one that was started to say when to stop.
func TestIgnoresSignalsForTheGroup(t *testing.T) {
	each(t, withProcesses, func(t *testing.T, name string) {
		c := spawn(t, name, 2, 0)
		client := dial(t, c.address)
		client.ask(t, "echo x", "x")
		_, err := io.WriteString(client, "sleep 300\n")
		require.NoError(t, err)
		for _, pid := range c.workers(t) { // as a terminal would
			require.NoError(t, unix.Kill(pid, unix.SIGINT))
		}
		require.NoError(t, unix.Kill(c.PID(), unix.SIGINT))
		got, err := client.answers.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "slept 300\n", got)
		eventually(t, "it has ended", func() bool { return ended(c.PID()) })
		require.NoError(t, c.Stop())
	})
}

// TestSlowWorkDelaysNobody holds that work is done beside the reactor, by as many as there are workers.
func TestSlowWorkDelaysNobody(t *testing.T) {
	for _, name := range []string{"single-threads", "single-processes"} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, name, 3, 0)
			for _, work := range []string{"sleep 2000\n", "spin 1000\n"} {
				slow, other := dial(t, c.address), dial(t, c.address)
				slow.ask(t, "echo x", "x")
				_, err := io.WriteString(slow, work)
				require.NoError(t, err)
				for range 100 {
					other.ask(t, "echo y", "y")
				}
				require.Zero(t, slow.answers.Buffered())
				require.NoError(t, slow.SetReadDeadline(time.Now().Add(time.Millisecond)))
				_, err = slow.answers.Peek(1)
				require.ErrorIs(t, err, os.ErrDeadlineExceeded, "the slow one was answered before: it shows nothing")
			}
		})
	}
}

// TestWhoWorks holds where the work is done: in the process that was started, or in others.
func TestWhoWorks(t *testing.T) {
	each(t, withProcesses, func(t *testing.T, name string) {
		c := spawn(t, name, 2, 0)
		pid, _ := dial(t, c.address).who(t)
		require.Contains(t, c.workers(t), pid)
	})
	each(t, withThreads, func(t *testing.T, name string) {
		c := spawn(t, name, 2, 0)
		pid, tid := dial(t, c.address).who(t)
		require.Equal(t, c.PID(), pid)
		require.NotEqual(t, c.PID(), tid, "the main thread does the work, which is where the reactor was started")
	})
}

// TestSharesConnections holds that no worker is left without, where the server sees to it: connections are handed out in
// turn, or distributed by the kernel's hash.
func TestSharesConnections(t *testing.T) {
	for name, least := range map[string]int{"multi-processes": 50, "nginx-reuseport": 15} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, name, 2, 0)
			by := map[int]int{}
			for range 100 {
				pid, _ := dial(t, c.address).who(t)
				by[pid]++
			}
			require.Len(t, by, 2)
			for pid, n := range by {
				require.GreaterOrEqual(t, n, least, "connections of worker %d", pid)
			}
		})
	}
}

// TestLockMovesOn holds that a worker which is ahead leaves the accept lock to the other, as soon as that one is there:
// how soon, depends on who gets a CPU when.
func TestLockMovesOn(t *testing.T) {
	c := spawn(t, "nginx-lock", 2, 0)
	by := map[int]int{}
	eventually(t, "both have accepted", func() bool {
		pid, _ := dial(t, c.address).who(t)
		by[pid]++
		return len(by) == 2
	})
}

// TestWorkersOutOfDescriptors holds that processes which have no descriptor left serve whom they have, do not spin, and
// serve the others when there is room: nobody is turned away.
func TestWorkersOutOfDescriptors(t *testing.T) {
	const limit, all = 40, 100
	each(t, withProcesses, func(t *testing.T, name string) {
		c := spawn(t, name, 2, limit)
		var clients []*client
		for range all {
			clients = append(clients, dial(t, c.address))
		}
		type answer struct {
			client int
			err    error
		}
		answers := make(chan answer)
		for i, one := range clients {
			go func() {
				_, err := one.try("echo x")
				answers <- answer{i, err}
			}()
		}
		var before time.Duration
		for n := range all { // whoever is answered leaves; so all are, in the end
			a := <-answers
			require.NoError(t, a.err, "client %d, after %d were answered", a.client, n)
			if n == limit/2 {
				before = cpu(t, c)
			}
			require.NoError(t, clients[a.client].Close())
		}
		t.Logf("%v of CPU time since half of a limit was answered", cpu(t, c)-before)
		dial(t, c.address).ask(t, "echo y", "y")
	})
}

// cpu is the CPU time of the server and its workers.
func cpu(t *testing.T, c *child) (sum time.Duration) {
	t.Helper()
	for _, pid := range append(c.workers(t), c.PID()) {
		var ts unix.Timespec
		require.NoError(t, unix.ClockGettime(int32(^pid<<3|2), &ts)) // clock_getcpuclockid(3)
		sum += time.Duration(ts.Nano())
	}
	return sum
}

// TestRestsWithoutDescriptors holds that a server whose clients have taken all descriptors does nothing while nothing
// happens.
func TestRestsWithoutDescriptors(t *testing.T) {
	each(t, withProcesses, func(t *testing.T, name string) {
		c := spawn(t, name, 1, 40)
		for range 60 {
			dial(t, c.address)
		}
		full := func() bool { // no more can be taken by the worker, or by the one who accepts
			n := files(t, c.PID())
			for _, pid := range c.workers(t) {
				n = max(n, files(t, pid))
			}
			return n >= 40 // more, if it has inherited some above the limit
		}
		eventually(t, "a process has all its descriptors", full)
		const quiet = 500 * time.Millisecond
		before := cpu(t, c)
		time.Sleep(quiet) // nothing happens, which is what is looked at
		require.Less(t, cpu(t, c)-before, quiet/5, "CPU time while nothing happens")
	})
}
