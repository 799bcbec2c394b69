//go:build linux

package steps

import (
	"errors"
	"fmt"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// waiting is a listener in a network of its own, and the clients that wait at it.
type waiting struct {
	w        *World
	net      *ownNetwork
	listener *sock.Listener
	second   *sock.Listener
	clients  []int // connected, in the order in which their handshakes were finished
	deaf     int
	acceptor *thread.Thread
	accepted int // what the acceptor's accept returned
}

// listenQueues: half-open connections and the accept queue. It breaks when an unfinished handshake is accepted, a
// finished one is lost, listeners share a queue, or accept returns connections in another order.
func listenQueues(sc *godog.ScenarioContext, w *World) {
	q := &waiting{w: w}
	sc.Given(`^a network of its own where somaxconn is (\d+)$`, func(n int) error {
		return inOrder(q.enter, func() error { return q.net.set("core/somaxconn", n) })
	})
	sc.Given(`^a listener with backlog (\d+) in it$`, q.listen)
	sc.Given(`^a listener with backlog (\d+) in a network of its own$`, func(backlog int) error {
		return inOrder(q.enter, func() error { return q.listen(backlog) })
	})
	sc.Given(`^listeners with backlogs (\d+) and (\d+) in a network of its own$`, func(first, second int) error {
		return inOrder(q.enter, func() error { return q.listen(first) }, func() (err error) {
			q.second, err = q.net.listen(second)
			return err
		})
	})
	sc.Given(`^no SYN cookies are given$`, func() error { return q.net.set("ipv4/tcp_syncookies", 0) })
	sc.When(`^(\d+) clients? connects?$`, func(n int) error { return q.connect(q.listener, n) })
	q.halfOpen(sc)
	q.completed(sc)
	q.perListener(sc)
	q.accepting(sc)
	overflows(sc, q)
}

// halfOpen: the handshake that is not finished.
func (q *waiting) halfOpen(sc *godog.ScenarioContext) {
	sc.Step(`^a deaf client connects$`, func() (err error) {
		q.deaf, err = q.net.begin(q.listener, true)
		return err
	})
	sc.Step(`^its connection is in SYN_RECV at the server, and in SYN_SENT at the client$`, func() error {
		if err := q.await(proc.SynReceived, 1); err != nil {
			return err
		}
		return inState(q.deaf, proc.SynSent)
	})
	sc.Then(`^the accept queue is empty, and accept says EAGAIN$`, func() error {
		if err := q.holds(0); err != nil {
			return err
		}
		return q.nobodyElse()
	})
	sc.When(`^the client hears again$`, func() error { return q.net.hear(q.deaf) })
	sc.Step(`^(\d+) connections? comes? into the accept queue, and none is in SYN_RECV$`, func(n int) error {
		if err := await.Until("the connection in the accept queue", func() (bool, error) {
			now, err := acceptQueue(q.listener)
			return now.length >= n, err
		}); err != nil {
			return err
		}
		q.w.Note("%d in the accept queue", n)
		return errors.Join(q.holds(n), q.count(proc.SynReceived, 0))
	})
	sc.Then(`^accept returns that client's connection$`, func() error { return q.acceptsInOrder(q.deaf) })
	sc.Then(`^accept returns the client that was deaf as the last$`, func() error {
		return q.acceptsInOrder(append(q.clients, q.deaf)...)
	})
}

// completed: the handshake is finished, and nobody has accepted.
func (q *waiting) completed(sc *godog.ScenarioContext) {
	sc.Then(`^all clients are ESTABLISHED, and so are (\d+) connections at the server, which no process has$`, func(n int) error {
		for i, client := range q.clients {
			if err := inState(client, proc.Established); err != nil {
				return fmt.Errorf("client %d: %w", i, err)
			}
		}
		ends, err := q.net.serverEnds(q.listener, proc.Established)
		if err != nil {
			return err
		}
		for _, end := range ends {
			if end.Inode != 0 {
				return check.Failf("no inode before accept", "the connection from %v has inode %d", end.Peer, end.Inode)
			}
		}
		if len(ends) != n {
			return check.Failf(fmt.Sprintf("%d connections", n), "%d", len(ends))
		}
		return nil
	})
	sc.Then(`^the accept queue holds (\d+) connections$`, func(n int) error { return q.holds(n) })
	sc.When(`^each client sends its number$`, func() error {
		for i, client := range q.clients {
			if err := unix.Send(client, []byte{byte(i)}, unix.MSG_NOSIGNAL); err != nil {
				return fmt.Errorf("send: %w", err)
			}
		}
		return nil
	})
	sc.Then(`^each connection gives its client's number when it is accepted$`, func() error {
		for i := range q.clients {
			fd, err := q.accept()
			if err != nil {
				return err
			}
			got := make([]byte, 2)
			n, err := unix.Read(fd, got)
			if err != nil || n != 1 || got[0] != byte(i) {
				return check.Failf(fmt.Sprintf("the byte %d that was sent before accept", i), "%v, %v", got[:max(n, 0)], err)
			}
		}
		return nil
	})
}

// perListener: what is kept for each listener, and what is not.
func (q *waiting) perListener(sc *godog.ScenarioContext) {
	sc.When(`^(\d+) clients connect to the first and (\d+) to the second$`, func(n, m int) error {
		return errors.Join(q.connect(q.listener, n), q.connect(q.second, m))
	})
	sc.Then(`^the accept queues hold (\d+) of (\d+) and (\d+) of (\d+) connections$`, func(n, of, m, ofM int) error {
		for l, want := range map[*sock.Listener]queue{q.listener: {n, of - 1}, q.second: {m, ofM - 1}} {
			if err := isQueue(l, want); err != nil {
				return err
			}
		}
		return nil
	})
	sc.Then(`^one more client of the first is not let in, and one more of the second is$`, func() error {
		late, err := q.net.begin(q.listener, false)
		if err != nil {
			return err
		}
		if err := q.refused(0, late); err != nil {
			return err
		}
		if err := q.connect(q.second, 1); err != nil {
			return err
		}
		return inState(late, proc.SynSent)
	})
	sc.When(`^(\d+) deaf clients connect to each$`, q.deafCrowds)
	sc.Then(`^(\d+) of them are half-open at the first, and (\d+) at the second$`, func(n, m int) error {
		for l, want := range map[*sock.Listener]int{q.listener: n, q.second: m} {
			ends, err := q.net.serverEnds(l, proc.SynReceived)
			if err != nil {
				return err
			}
			if len(ends) != want {
				return check.Failf(fmt.Sprintf("%d half-open", want), "%d", len(ends))
			}
		}
		return nil
	})
	sc.When(`^a deaf client connects, and the listener is closed while it is half-open$`, q.closeListener)
	sc.Then(`^the connections that were finished are gone and their clients reset, but the half-open one is still there$`, func() error {
		for i, client := range q.clients {
			if err := awaitReset(client); err != nil {
				return fmt.Errorf("client %d: %w", i, err)
			}
		}
		return q.count(proc.Established, 0)
	})
}

// deafCrowds has clients begin at both listeners, and waits until each SYN was kept, dropped or answered with a cookie.
func (q *waiting) deafCrowds(n int) error {
	for _, l := range []*sock.Listener{q.listener, q.second} {
		for range n {
			if _, err := q.net.begin(l, true); err != nil {
				return err
			}
		}
	}
	return await.Until("the end of all SYNs", func() (bool, error) {
		first, err := q.net.serverEnds(q.listener, proc.SynReceived)
		second, err2 := q.net.serverEnds(q.second, proc.SynReceived)
		dropped, err3 := q.net.counter("ListenDrops")
		cookies, err4 := q.net.counter("SyncookiesSent")
		return len(first)+len(second)+dropped+cookies >= 2*n, errors.Join(err, err2, err3, err4)
	})
}

// requestTimer is when the kernel looks at a half-open connection for the first time: TCP_TIMEOUT_INIT.
const requestTimer = time.Second

// closeListener closes the listener while a connection is half-open, and looks before that connection's timer can have
// noticed. Where the machine was too slow for that, it tries again with another listener.
func (q *waiting) closeListener() error {
	for try := 0; ; try++ {
		begun := time.Now()
		var err error
		if q.deaf, err = q.net.begin(q.listener, true); err != nil {
			return err
		}
		if err := q.await(proc.SynReceived, 1); err != nil {
			return err
		}
		q.net.bag.Drop(q.listener.FD)
		halfOpen, err := q.net.serverEnds(q.listener, proc.SynReceived)
		switch took := time.Since(begun); {
		case err != nil:
			return err
		case len(halfOpen) == 1:
			q.w.Note("half-open connection from %v seen after its listener was closed", halfOpen[0].Peer)
			return q.count(proc.Listen, 0)
		case took < requestTimer || try == 5:
			return check.Failf("the half-open connection outlives its listener", "%d half-open, %v after the SYN", len(halfOpen), took)
		}
		if err := errors.Join(q.listen(8), q.connect(q.listener, 2)); err != nil {
			return err
		}
	}
}

// accepting: the order of accept, and what it does on an empty queue.
func (q *waiting) accepting(sc *godog.ScenarioContext) {
	sc.Then(`^(\d+) calls of accept return them in that order, and the queue is shorter by one after each$`, func(n int) error {
		if err := q.holds(n); err != nil {
			return err
		}
		return q.acceptsInOrder(q.clients...)
	})
	sc.Then(`^accept says EAGAIN$`, q.nobodyElse)
	sc.Given(`^a thread that calls accept on it, blocking$`, func() error {
		if err := sock.Nonblock(q.listener.FD, false); err != nil {
			return err
		}
		q.acceptor = thread.Start(func(t *thread.Thread) {
			q.accepted, _ = t.Uninterrupted(func() (int, error) {
				fd, _, err := unix.Accept4(q.listener.FD, unix.SOCK_CLOEXEC)
				return fd, err
			})
		})
		q.w.Cleanup(func() {
			_ = unix.Shutdown(q.listener.FD, unix.SHUT_RD) // releases an accept that would be restarted after a signal
			_ = q.acceptor.Stop()
		})
		return nil
	})
	sc.When(`^the thread sleeps in accept$`, func() error {
		_, err := q.acceptor.AwaitAsleep(unix.SYS_ACCEPT4, q.listener.FD)
		return err
	})
	sc.Then(`^the thread's accept has returned that client's connection, and the queue is empty$`, func() error {
		if err := q.acceptor.Join(); err != nil {
			return err
		}
		if q.accepted < 0 {
			return check.Failf("a connection", "accept failed")
		}
		q.net.bag.Add(q.accepted)
		return errors.Join(q.isOf(q.accepted, q.clients[0]), q.holds(0))
	})
}

// inOrder does one thing after the other, up to the first that fails.
func inOrder(things ...func() error) error {
	for _, do := range things {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

func (q *waiting) enter() (err error) {
	q.net, err = q.w.network(40)
	return err
}

func (q *waiting) listen(backlog int) (err error) {
	q.listener, err = q.net.listen(backlog)
	q.clients = nil
	return err
}

// connect connects clients, each when the one before is in the accept queue; unless an acceptor takes them out of it.
func (q *waiting) connect(to *sock.Listener, n int) error {
	for range n {
		connect := q.net.connect
		if q.acceptor != nil {
			connect = func(to *sock.Listener) (int, error) { return q.net.begin(to, false) }
		}
		client, err := connect(to)
		if err != nil {
			return err
		}
		if to == q.listener {
			q.clients = append(q.clients, client)
		}
	}
	return nil
}

// holds holds the accept queue to a length.
func (q *waiting) holds(n int) error {
	now, err := acceptQueue(q.listener)
	if err == nil && now.length != n {
		return check.Failf(fmt.Sprintf("%d in the accept queue", n), "%d", now.length)
	}
	return err
}

// isQueue holds an accept queue to a length and a bound.
func isQueue(l *sock.Listener, want queue) error {
	now, err := acceptQueue(l)
	if err == nil && now != want {
		return check.Failf(fmt.Sprintf("%+v", want), "%+v", now)
	}
	return err
}

func inState(fd int, want proc.TCPState) error {
	state, err := tcpState(fd)
	if err == nil && state != want {
		return check.Failf(fmt.Sprintf("TCP state %d", want), "state %d", state)
	}
	return err
}

// count holds the kernel's table to a number of server ends in a state.
func (q *waiting) count(state proc.TCPState, n int) error {
	ends, err := q.net.serverEnds(q.listener, state)
	if err == nil && len(ends) != n {
		return check.Failf(fmt.Sprintf("%d at the server in TCP state %d", n, state), "%d", len(ends))
	}
	return err
}

// await waits for that number.
func (q *waiting) await(state proc.TCPState, n int) error {
	return await.Until(fmt.Sprintf("%d at the server in TCP state %d", n, state), func() (bool, error) {
		ends, err := q.net.serverEnds(q.listener, state)
		return len(ends) == n, err
	})
}

func (q *waiting) accept() (int, error) {
	fd, err := q.listener.Accept()
	if err == nil {
		q.net.bag.Add(fd)
	}
	return fd, err
}

// nobodyElse holds that there is nobody to accept.
func (q *waiting) nobodyElse() error {
	if fd, err := q.accept(); !errors.Is(err, unix.EAGAIN) {
		return check.Failf("EAGAIN from accept", "descriptor %d, %v", fd, err)
	}
	return nil
}

// acceptsInOrder accepts the clients' connections in that order, the queue one shorter after each.
func (q *waiting) acceptsInOrder(clients ...int) error {
	for i, client := range clients {
		fd, err := q.accept()
		if err != nil {
			return check.Failf(fmt.Sprintf("connection %d of %d", i+1, len(clients)), "%v", err)
		}
		if err := errors.Join(q.isOf(fd, client), q.holds(len(clients)-i-1)); err != nil {
			return err
		}
	}
	return nil
}

// isOf holds that a connection is that client's.
func (q *waiting) isOf(connection, client int) error {
	peer, err := endOf(unix.Getpeername(connection))
	if err != nil {
		return err
	}
	own, err := endOf(unix.Getsockname(client))
	if err == nil && peer != own {
		return check.Failf(fmt.Sprintf("the connection from %v", own), "that from %v", peer)
	}
	return err
}

// awaitReset waits until a client's connection is over, and holds that it was reset.
func awaitReset(client int) error {
	const closed proc.TCPState = 7
	if err := awaitState(client, closed); err != nil {
		return err
	}
	why, err := unix.GetsockoptInt(client, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && unix.Errno(why) != unix.ECONNRESET {
		return check.Failf("ECONNRESET", "%v", unix.Errno(why))
	}
	return err
}
