//go:build linux

package steps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
)

// arrived is a listener and the connections that were accepted at it.
type arrived struct {
	w        *World
	bag      sock.Bag
	listener *sock.Listener
	clients  []int
	servers  []int // the server's ends, each at the place of its client
}

// twoKinds: the listening socket and the connected ones. It breaks when accept returns the listener itself, when data
// arrives at the listener, or when connections share a socket.
func twoKinds(sc *godog.ScenarioContext, w *World) {
	a := &arrived{w: w}
	sc.Given(`^a listening socket, and a client's connection that was accepted at it$`, func() error { return a.open(1) })
	sc.Given(`^a listening socket with (\d+) clients, whose connections are all accepted$`, a.open)
	a.twoObjects(sc)
	a.manySockets(sc)
	a.dataOnConnected(sc)
	a.socketFile(sc)
	a.unread(sc)
	boundOnly(sc, a)
}

func (a *arrived) open(clients int) (err error) {
	if err = needDescriptors(2*clients + 100); err != nil {
		return err
	}
	a.w.Cleanup(a.bag.Close)
	if a.listener, err = sock.Listen(16); err != nil {
		return err
	}
	a.bag.Add(a.listener.FD)
	for range clients {
		client, server, err := a.listener.Connect()
		if err != nil {
			return err
		}
		a.bag.Add(client, server)
		a.clients, a.servers = append(a.clients, client), append(a.servers, server)
	}
	return nil
}

// twoObjects: what tells the listener and a connection apart.
func (a *arrived) twoObjects(sc *godog.ScenarioContext) {
	sc.Then(`^the connection has another descriptor and another inode than the listener$`, func() error {
		listener, err := inode(a.listener.FD)
		if err != nil {
			return err
		}
		connection, err := inode(a.servers[0])
		if err != nil {
			return err
		}
		a.w.Note("listener: descriptor %d, inode %d; connection: descriptor %d, inode %d", a.listener.FD, listener, a.servers[0], connection)
		if listener == connection || a.listener.FD == a.servers[0] {
			return check.Failf("two sockets", "descriptors %d and %d of inodes %d and %d", a.listener.FD, a.servers[0], listener, connection)
		}
		return nil
	})
	sc.Then(`^SO_ACCEPTCONN is 1 on the listener and 0 on the connection$`, func() error {
		for fd, want := range map[int]int{a.listener.FD: 1, a.servers[0]: 0} {
			got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
			if err != nil {
				return fmt.Errorf("getsockopt SO_ACCEPTCONN: %w", err)
			}
			if got != want {
				return check.Failf(fmt.Sprint(want), "SO_ACCEPTCONN of descriptor %d is %d", fd, got)
			}
		}
		return nil
	})
}

// manySockets: as many sockets as clients.
func (a *arrived) manySockets(sc *godog.ScenarioContext) {
	sc.Then(`^there are (\d+) connected sockets with (\d+) inodes, and one listening socket on the port$`, func(n, m int) error {
		inodes := map[uint64]bool{}
		for _, fd := range a.servers {
			i, err := inode(fd)
			if err != nil {
				return err
			}
			inodes[i] = true
		}
		listeners, err := proc.Find(proc.Query{States: []proc.TCPState{proc.Listen}, Port: uint16(a.listener.Addr.Port)})
		if err != nil {
			return err
		}
		a.w.Note("%d connections, %d inodes, %d listener", len(a.servers), len(inodes), len(listeners))
		if len(a.servers) != n || len(inodes) != m || len(listeners) != 1 {
			return check.Failf(fmt.Sprintf("%d sockets, %d inodes, 1 listener", n, m), "%d, %d, %d", len(a.servers), len(inodes), len(listeners))
		}
		return nil
	})
	sc.Then(`^every client is sent 8 bytes that only it is meant to get, and answers with them$`, a.exchange)
	sc.Then(`^none of the connections can be bound to another end: EINVAL$`, a.boundAgain)
	sc.Then(`^all (\d+) connections have the listener's address and port as their local end, and (\d+) different remote ends$`, func(n, remote int) error {
		locals, peers, err := a.ends()
		if err != nil {
			return err
		}
		own := netip.AddrPortFrom(netip.AddrFrom4(a.listener.Addr.Addr), uint16(a.listener.Addr.Port))
		a.w.Note("local ends %v; %d remote ends", locals, len(peers))
		if len(a.servers) != n || !slices.Equal(locals, []netip.AddrPort{own}) || len(peers) != remote {
			return check.Failf(fmt.Sprintf("%v and %d remote ends", own, remote), "local ends %v and %d remote ends", locals, len(peers))
		}
		return nil
	})
}

// boundAgain tries to give the connections another local end.
func (a *arrived) boundAgain() error {
	for _, fd := range a.servers {
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: ownAddress(0)}); !errors.Is(err, unix.EINVAL) {
			return check.Failf("EINVAL from bind", "%v", err)
		}
	}
	return nil
}

// exchange sends each connection's number to its client, all of them before any is answered, and has it come back.
func (a *arrived) exchange() error {
	for i, fd := range a.servers {
		if err := unix.Send(fd, binary.BigEndian.AppendUint64(nil, uint64(i)), unix.MSG_NOSIGNAL); err != nil {
			return fmt.Errorf("send to client %d: %w", i, err)
		}
	}
	for _, ends := range [][]int{a.clients, a.servers} {
		for i, fd := range ends {
			got, err := receive8(fd)
			if err != nil {
				return err
			}
			if got != uint64(i) {
				return check.Failf(fmt.Sprintf("the number %d on connection %d", i, i), "%d", got)
			}
			if err := unix.Send(fd, binary.BigEndian.AppendUint64(nil, got), unix.MSG_NOSIGNAL); err != nil {
				return fmt.Errorf("send: %w", err)
			}
		}
	}
	return nil
}

// receive8 waits for 8 bytes, which come in one segment.
func receive8(fd int) (uint64, error) {
	if err := patient(fd); err != nil {
		return 0, err
	}
	got := make([]byte, 8)
	n, err := blockingReader(fd).Read(got)
	if err == nil && n != len(got) {
		err = check.Failf("8 bytes", "%d", n)
	}
	return binary.BigEndian.Uint64(got), err
}

// ends lists the local and the remote ends of the connections, each once.
func (a *arrived) ends() (locals, peers []netip.AddrPort, err error) {
	for _, fd := range a.servers {
		local, err := endOf(unix.Getsockname(fd))
		if err != nil {
			return nil, nil, err
		}
		peer, err := endOf(unix.Getpeername(fd))
		if err != nil {
			return nil, nil, err
		}
		locals, peers = append(locals, local), append(peers, peer)
	}
	return unique(locals), unique(peers), nil
}

func unique(ends []netip.AddrPort) []netip.AddrPort {
	slices.SortFunc(ends, netip.AddrPort.Compare)
	return slices.Compact(ends)
}

// endOf reads what getsockname and getpeername give.
func endOf(at unix.Sockaddr, err error) (netip.AddrPort, error) {
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("the end of a connection: %w", err)
	}
	in, ok := at.(*unix.SockaddrInet4)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("the end of a connection is a %T", at)
	}
	return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port)), nil
}

// inode is the identity of what the descriptor names.
func inode(fd int) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, fmt.Errorf("fstat: %w", err)
	}
	return st.Ino, nil
}

// dataOnConnected: where data goes.
func (a *arrived) dataOnConnected(sc *godog.ScenarioContext) {
	sent := make([]byte, 0)
	sc.When(`^the client sends (\d+) bytes$`, func(n int) error {
		sent = slices.Repeat([]byte("."), n)
		if err := unix.Send(a.clients[0], sent, unix.MSG_NOSIGNAL); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		return nil
	})
	read := func() error {
		set := sock.PollSet(unix.POLLIN, a.servers[0])
		if _, err := sock.Poll(set, await.Patience); err != nil {
			return err
		}
		got := make([]byte, len(sent)+1)
		n, err := unix.Read(a.servers[0], got)
		if err != nil || n != len(sent) {
			return check.Failf(fmt.Sprintf("%d bytes on the connection", len(sent)), "%d, %v", n, err)
		}
		return nil
	}
	sc.Then(`^poll reports the connection and not the listener, and the connection gives those \d+ bytes$`, func() error {
		set := sock.PollSet(unix.POLLIN, a.listener.FD, a.servers[0])
		if _, err := sock.Poll(set, await.Patience); err != nil {
			return err
		}
		if set[0].Revents != 0 || set[1].Revents != unix.POLLIN {
			return check.Failf("the connection alone is readable", "listener %#x, connection %#x", set[0].Revents, set[1].Revents)
		}
		return read()
	})
	sc.Then(`^a read of the listener fails with ENOTCONN and a write to it with EPIPE$`, func() error {
		_, readErr := unix.Read(a.listener.FD, make([]byte, 1))
		writeErr := unix.Send(a.listener.FD, []byte("x"), unix.MSG_NOSIGNAL)
		if !errors.Is(readErr, unix.ENOTCONN) || !errors.Is(writeErr, unix.EPIPE) {
			return check.Failf("ENOTCONN and EPIPE", "read: %v; write: %v", readErr, writeErr)
		}
		return nil
	})
	sc.Then(`^the connection can be read and written$`, func() error {
		if err := read(); err != nil {
			return err
		}
		return a.exchange()
	})
}

// boundOnly: a port without listen.
func boundOnly(sc *godog.ScenarioContext, a *arrived) {
	bound := &unix.SockaddrInet4{Addr: loopback}
	sc.Given(`^a socket that is bound to a port and does not listen$`, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("socket: %w", err)
		}
		a.bag.Add(fd)
		a.w.Cleanup(a.bag.Close)
		if err := unix.Bind(fd, bound); err != nil {
			return fmt.Errorf("bind: %w", err)
		}
		at, err := endOf(unix.Getsockname(fd))
		bound.Port = int(at.Port())
		return err
	})
	sc.Then(`^a client that connects to it is refused with ECONNREFUSED, and the port has no connection$`, func() error {
		client, err := sock.Dial(bound)
		if !errors.Is(err, unix.ECONNREFUSED) {
			sock.Close(client)
			return check.Failf("ECONNREFUSED", "%v", err)
		}
		found, err := proc.Find(proc.Query{States: []proc.TCPState{proc.Established, proc.SynReceived}, Port: uint16(bound.Port)})
		if err == nil && len(found) > 0 {
			return check.Failf("no connection at the port", "%v", found)
		}
		return err
	})
}
