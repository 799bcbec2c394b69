//go:build linux

package steps

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/netns"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
)

// ownNetwork is a network in which nobody else is: its counters count our packets alone, and what is set there holds
// nowhere else. Its sockets are made at the beginning and taken one by one.
type ownNetwork struct {
	bag      sock.Bag
	unused   []int
	tables   map[string]int // files of /proc/self/net by name, as this network has them
	settings map[string]int // files of /proc/sys/net by name
}

// The files of a network that steps read, and what they may set in it.
var (
	networkTables   = []string{"tcp", "netstat", "protocols"}
	networkSettings = []string{"core/somaxconn", "ipv4/tcp_syncookies", "ipv4/tcp_abort_on_overflow"}
)

// network makes a network of one's own with that many TCP sockets. Where the machine refuses the scenario is unsupported.
func (w *World) network(sockets int) (*ownNetwork, error) {
	if err := needDescriptors(2*sockets + 200); err != nil {
		return nil, err
	}
	var specs []netns.Spec
	for _, name := range networkTables {
		specs = append(specs, netns.Spec{File: "/proc/self/net/" + name})
	}
	for _, name := range networkSettings {
		specs = append(specs, netns.Spec{File: "/proc/sys/net/" + name, Write: true})
	}
	for range sockets {
		specs = append(specs, netns.Spec{Domain: unix.AF_INET, Type: unix.SOCK_STREAM | unix.SOCK_NONBLOCK})
	}
	fds, err := netns.Sockets(specs...)
	if errors.Is(err, netns.ErrRefused) {
		return nil, check.Unsupportedf("%v", err)
	}
	if err != nil {
		return nil, err
	}
	n := &ownNetwork{tables: map[string]int{}, settings: map[string]int{}}
	n.bag.Add(fds...)
	w.Cleanup(n.bag.Close)
	for i, name := range networkTables {
		n.tables[name] = fds[i]
	}
	for i, name := range networkSettings {
		n.settings[name] = fds[len(networkTables)+i]
	}
	n.unused = fds[len(networkTables)+len(networkSettings):]
	return n, nil
}

// socket takes a TCP socket, non-blocking, that nobody has used.
func (n *ownNetwork) socket() (int, error) {
	if len(n.unused) == 0 {
		return -1, errors.New("the network has no unused socket left: make it with more")
	}
	fd := n.unused[0]
	n.unused = n.unused[1:]
	return fd, nil
}

// set sets what holds in this network.
func (n *ownNetwork) set(name string, value int) error {
	if _, err := unix.Pwrite(n.settings[name], []byte(strconv.Itoa(value)), 0); err != nil {
		return fmt.Errorf("set net/%s to %d in a network of our own: %w", name, value, err)
	}
	return nil
}

// listen opens a listener on a free port.
func (n *ownNetwork) listen(backlog int) (*sock.Listener, error) {
	fd, err := n.socket()
	if err != nil {
		return nil, err
	}
	return sock.ListenOn(fd, unix.SockaddrInet4{Addr: loopback}, backlog)
}

// begin begins to connect a client. A deaf one never sees what is sent to it, for its socket drops every segment, until
// it is told to hear.
func (n *ownNetwork) begin(to *sock.Listener, deaf bool) (client int, err error) {
	if client, err = n.socket(); err != nil {
		return -1, err
	}
	if deaf {
		drop := [1]unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
		if err := unix.SetsockoptSockFprog(client, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]}); err != nil {
			return -1, fmt.Errorf("setsockopt SO_ATTACH_FILTER: %w", err)
		}
	}
	if err := unix.Connect(client, &to.Addr); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return -1, fmt.Errorf("connect to port %d: %w", to.Addr.Port, err)
	}
	return client, nil
}

// hear lets a deaf client hear.
func (n *ownNetwork) hear(client int) error {
	if err := unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0); err != nil {
		return fmt.Errorf("setsockopt SO_DETACH_FILTER: %w", err)
	}
	return nil
}

// connect connects a client and waits until the listener, too, has its connection finished.
func (n *ownNetwork) connect(to *sock.Listener) (client int, err error) {
	before, err := acceptQueue(to)
	if err != nil {
		return -1, err
	}
	if client, err = n.begin(to, false); err != nil {
		return -1, err
	}
	return client, await.Until("the connection in the accept queue", func() (bool, error) {
		now, err := acceptQueue(to)
		return now.length > before.length, err
	})
}

// serverEnds lists the sockets of a listener's port that are in the state, as the kernel's table has them: the listener,
// and the server's ends of connections.
func (n *ownNetwork) serverEnds(of *sock.Listener, state proc.TCPState) ([]proc.Socket, error) {
	text, err := n.read("tcp")
	if err != nil {
		return nil, err
	}
	all, err := proc.ParseTCP(bytes.NewReader(text))
	return slices.DeleteFunc(all, func(s proc.Socket) bool {
		return s.State != state || int(s.Local.Port()) != of.Addr.Port
	}), err
}

// counter reads one of the counters of this network's TCP, such as ListenOverflows: in netstat a line of names is
// followed by a line of numbers.
func (n *ownNetwork) counter(name string) (int, error) {
	text, err := n.read("netstat")
	if err != nil {
		return 0, err
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if i := slices.Index(names, name); i > 0 && i < len(words) {
			return strconv.Atoi(words[i])
		}
		names = words
	}
	return 0, fmt.Errorf("/proc/net/netstat does not tell %s", name)
}

func (n *ownNetwork) read(table string) ([]byte, error) {
	// Not through the descriptor's own offset, which a later reader would have to set back.
	text, err := io.ReadAll(io.NewSectionReader(preader(n.tables[table]), 0, math.MaxInt64))
	if err != nil {
		return nil, fmt.Errorf("read /proc/net/%s of a network of our own: %w", table, err)
	}
	return text, nil
}

// preader reads a descriptor that somebody else closes.
type preader int

func (fd preader) ReadAt(b []byte, off int64) (int, error) {
	n, err := unix.Pread(int(fd), b, off)
	switch {
	case err != nil:
		return 0, os.NewSyscallError("pread", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil // fewer than asked for, which io.ReadAll takes as it is
}

// A queue is what the kernel tells of a listener's accept queue.
type queue struct {
	length int // finished connections that wait for accept
	bound  int // the backlog, cut to somaxconn; the queue holds one more
}

// acceptQueue asks the kernel. Of a listener, tcp_info has its queue in fields that count segments of other sockets
// (tcp_get_info, net/ipv4/tcp.c).
func acceptQueue(l *sock.Listener) (queue, error) {
	info, err := tcpInfo(l.FD)
	return queue{length: int(info.Unacked), bound: int(info.Sacked)}, err
}

func tcpInfo(fd int) (unix.TCPInfo, error) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return unix.TCPInfo{}, fmt.Errorf("getsockopt TCP_INFO: %w", err)
	}
	return *info, nil
}

// tcpState is the state in which the kernel has the socket.
func tcpState(fd int) (proc.TCPState, error) {
	info, err := tcpInfo(fd)
	return proc.TCPState(info.State), err
}

// awaitState waits until a socket is in the state.
func awaitState(fd int, state proc.TCPState) error {
	return await.Until(fmt.Sprintf("TCP state %d of a client", state), func() (bool, error) {
		now, err := tcpState(fd)
		return now == state, err
	})
}
