//go:build linux

package impl_test

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/proc"
)

// This file holds what is said only of the servers that block, and give each client a process or a thread.

// eachOf runs the test on every reference server that claims one of those traits.
func eachOf(t *testing.T, traits []string, test func(t *testing.T, s impl.Server)) {
	for _, s := range impl.Servers {
		if slices.ContainsFunc(s.Traits, func(trait string) bool { return slices.Contains(traits, trait) }) {
			t.Run(s.Name, func(t *testing.T) { test(t, s) })
		}
	}
}

// whoami asks which process and thread does the work.
func (c *client) whoami(t require.TestingT) (pid, tid int) {
	_, err := io.WriteString(c, "whoami\n")
	require.NoError(t, err)
	answer, err := c.answers.ReadString('\n')
	require.NoError(t, err)
	_, err = fmt.Sscan(answer, &pid, &tid)
	require.NoError(t, err, answer)
	return pid, tid
}

// crowd lets n clients come at the same time, and says who serves each.
func crowd(t *testing.T, address string, n int) (clients []*client, pids, tids map[int]bool) {
	t.Helper()
	clients, pids, tids = make([]*client, n), map[int]bool{}, map[int]bool{}
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			clients[i] = dial(t, address)
			clients[i].ask(t, fmt.Sprint("echo ", i), fmt.Sprint(i))
		})
	}
	all.Wait()
	for _, c := range clients {
		pid, tid := c.whoami(t)
		pids[pid], tids[tid] = true, true
	}
	return clients, pids, tids
}

// offspring lists the processes that the server made, zombies among them.
func (c *child) offspring(t *testing.T) []proc.Process {
	t.Helper()
	all, err := proc.All()
	require.NoError(t, err)
	return slices.DeleteFunc(proc.Descendants(all, c.PID()), func(p proc.Process) bool { return p.PID == c.PID() })
}

func hangUp(t *testing.T, clients []*client) {
	t.Helper()
	for _, c := range clients {
		require.NoError(t, c.Close())
	}
}

// TestProcessPerConnection holds that a hundred clients at once have a hundred processes, that these keep nothing but
// their connection, and that nothing is left of them afterwards: no zombie, no descriptor.
func TestProcessPerConnection(t *testing.T) {
	eachOf(t, []string{"process-per-connection"}, func(t *testing.T, s impl.Server) {
		server := spawn(t, s, "line", 0)
		sockets := server.sockets(t)
		clients, pids, _ := crowd(t, server.address, 100)
		require.Len(t, pids, 100)
		require.NotContains(t, pids, server.PID())
		for pid := range pids {
			links, err := proc.Links(pid)
			require.NoError(t, err)
			n := 0
			for _, link := range links {
				if strings.HasPrefix(link, "socket:") {
					n++
				}
			}
			require.Equal(t, 1, n, "the sockets of a child: %v", links)
		}
		eventually(t, "the parent has closed its copies", func() bool { return server.sockets(t) == sockets })
		hangUp(t, clients)
		eventually(t, "all children are reaped", func() bool { return len(server.offspring(t)) == 0 })
	})
}

// TestThreadPerConnection holds that a hundred clients at once have a hundred threads of one process, which end with them.
func TestThreadPerConnection(t *testing.T) {
	eachOf(t, []string{"thread-per-connection"}, func(t *testing.T, s impl.Server) {
		server := spawn(t, s, "line", 0)
		before := server.process(t).Threads
		clients, pids, tids := crowd(t, server.address, 100)
		require.Len(t, pids, 1)
		require.Contains(t, pids, server.PID())
		require.Len(t, tids, 100)
		hangUp(t, clients)
		const spare = 8 // threads that the runtime may keep for other goroutines
		eventually(t, "the threads have ended", func() bool { return server.process(t).Threads <= before+spare })
	})
}

// TestPoolRunsDry holds that a pool serves as many clients at once as it has processes or threads; that the others wait,
// and are served when one leaves; and that the same few serve all of them, however many come.
func TestPoolRunsDry(t *testing.T) {
	eachOf(t, pools, func(t *testing.T, s impl.Server) {
		address, stop := serve(t, s, server.Config{Protocol: "line", Workers: 4})
		defer func() { require.NoError(t, stop()) }()
		held, pids, tids := crowd(t, address, 4)
		served := map[[2]int]bool{}
		for _, c := range held {
			pid, tid := c.whoami(t)
			served[[2]int{pid, tid}] = true
		}
		require.Len(t, served, 4)
		waiting := make([]*client, 100) // more than a queue holds
		for i := range waiting {
			waiting[i] = dial(t, address)
			_, err := io.WriteString(waiting[i], "echo at last\n")
			require.NoError(t, err)
		}
		for range 10 { // those in front are served meanwhile
			held[0].ask(t, "sleep 10", "slept 10")
		}
		for _, c := range waiting {
			require.NoError(t, c.SetReadDeadline(time.Now()))
			_, err := c.answers.Peek(1)
			require.True(t, isTimeout(err), "one who waits was answered: %v", err)
			c.answers = bufio.NewReader(c)
			require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
		}
		hangUp(t, held)
		for _, c := range waiting {
			require.NoError(t, c.answer("at last"))
			pid, tid := c.whoami(t)
			require.Contains(t, pids, pid)
			require.Contains(t, tids, tid)
			require.NoError(t, c.Close())
		}
	})
}

func isTimeout(err error) bool {
	timeout, ok := err.(interface{ Timeout() bool })
	return ok && timeout.Timeout()
}

// TestPoolStopsThoughOthersWait holds that clients in the queue are no reason not to end.
func TestPoolStopsThoughOthersWait(t *testing.T) {
	eachOf(t, append(pools, "process-per-connection", "thread-per-connection"), func(t *testing.T, s impl.Server) {
		address, stop := serve(t, s, server.Config{Protocol: "line", Workers: 2})
		for range 100 {
			c := dial(t, address)
			defer func() { _ = c.Close() }()
		}
		began := time.Now()
		require.NoError(t, stop())
		require.Less(t, time.Since(began), server.Grace, "only its patience made it end")
	})
}

// TestDeadWorkerIsReplaced holds that a pool of processes is filled again.
func TestDeadWorkerIsReplaced(t *testing.T) {
	eachOf(t, []string{"process-pool"}, func(t *testing.T, s impl.Server) {
		server := spawn(t, s, "line", 0)
		eventually(t, "the pool is full", func() bool { return len(server.offspring(t)) == 16 })
		for range 3 {
			c := dial(t, server.address)
			dead, _ := c.whoami(t)
			require.NoError(t, unix.Kill(dead, unix.SIGKILL))
			require.True(t, c.gone())
			eventually(t, "the dead one is reaped, and another is there", func() bool {
				all := server.offspring(t)
				return len(all) == 16 && !slices.ContainsFunc(all, func(p proc.Process) bool { return p.PID == dead })
			})
			dial(t, server.address).ask(t, "echo still", "still")
		}
	})
}

// TestChildrenDieWithTheirParent holds that a server which is killed leaves no process behind.
func TestChildrenDieWithTheirParent(t *testing.T) {
	eachOf(t, processes, func(t *testing.T, s impl.Server) {
		server := spawn(t, s, "line", 0)
		clients, pids, _ := crowd(t, server.address, 10)
		server.signal(t, unix.SIGKILL)
		for _, c := range clients {
			require.True(t, c.gone())
		}
		for pid := range pids {
			eventually(t, "a child is gone", func() bool {
				p, err := proc.Read(pid)
				return err != nil || !p.Alive()
			})
		}
	})
}

// TestSameAnswers holds that all servers answer odd requests alike, the one with a handler of its own among them.
func TestSameAnswers(t *testing.T) {
	long := strings.Repeat("x", server.MaxLine-len("echo \n"))
	odd := strings.Join([]string{
		"", "\r", "\r\r", " ", "echo", "echo ", "echo  a ", "echo\r", "echo a\rb\r", "Echo", "echos a", "what\tever\a\b\v\f", `"\`, "\x00\x01\x7f\x1b",
		strings.Repeat("long", 10), "blob", "blob ", "blob 0", "blob 1", "blob 27\r", "blob x", "blob -1", "blob 1099511627777", "blob 99999999999999999999",
		"spin", "spin ", "spin 0", "spin 1", "spin 10001", "sleep", "sleep x", "sleep 1", "sleep 007", "whoami ", "whoami x", "quit now", " quit",
		"echo " + long, "blob 65536", "blob 65537", "echo " + long[:100], "blob 200000", "spin 1",
	}, "\n") + "\n"
	for name, end := range map[string]string{
		"half a request": "echo hal",
		"quit":           "quit\r\necho never\n",
		"too long":       "echo x" + long + "\necho never\n",
		"endless":        "echo xx" + long,
	} {
		t.Run(name, func(t *testing.T) {
			want := ""
			each(t, func(t *testing.T, s impl.Server) {
				for _, size := range []int{0, 1000} {
					address, stop := serve(t, s, server.Config{Protocol: "line", ReadSize: size})
					c := dial(t, address)
					go func() {
						_, _ = io.WriteString(c, odd+end) // the client may be cut off
						_ = c.CloseWrite()
					}()
					got, err := io.ReadAll(c.answers)
					require.NoError(t, err)
					if want == "" {
						want = string(got)
					}
					require.NoError(t, differ(want, string(got)))
					require.NoError(t, c.Close())
					require.NoError(t, stop())
				}
			})
		})
	}
}
