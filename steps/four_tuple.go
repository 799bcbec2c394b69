//go:build linux

package steps

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"unsafe"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// ownAddress gives addresses of the loopback network that hardly anybody else uses: all of 127.0.0.0/8 is this machine,
// and they have our process number in them.
func ownAddress(i int) [4]byte {
	pid := os.Getpid()
	return [4]byte{127, byte(16 + i), byte(pid >> 8), byte(pid)}
}

// meeting is clients and a server's ends, all of whose addresses and ports are chosen.
type meeting struct {
	arrived
	client, server unix.SockaddrInet4 // the first connection's ends
}

// fourTuple: what tells connections apart. It breaks when connections that differ in one element cannot be there
// together, or when two that differ in none can.
func fourTuple(sc *godog.ScenarioContext, w *World) {
	m := &meeting{arrived: arrived{w: w}}
	sc.Given(`^a client connected from an address and port of its own$`, func() error {
		w.Cleanup(m.bag.Close)
		var err error
		if m.listener, err = m.listen(unix.SockaddrInet4{Addr: ownAddress(0)}); err != nil {
			return err
		}
		m.server, m.client = m.listener.Addr, unix.SockaddrInet4{Addr: ownAddress(1)}
		if err := m.connect(&m.client, m.listener); err != nil {
			return err
		}
		own, err := endOf(unix.Getsockname(m.clients[0]))
		m.client.Port = int(own.Port())
		return err
	})
	sc.When(`^another client connects with (another (?:client|server) (?:port|address)), and all else the same$`, m.another)
	sc.Then(`^(\d+) connections are there, whose ends differ in 1 of 4 elements$`, func(n int) error {
		differ, err := m.differences()
		if err == nil && (len(m.servers) != n || differ != 1) {
			return check.Failf(fmt.Sprintf("%d connections with one difference", n), "%d connections, %d differences", len(m.servers), differ)
		}
		return err
	})
	sc.Then(`^each carries bytes of its own$`, func() error { return m.exchange() })
	sc.Then(`^another client that connects with nothing changed is refused with EADDRNOTAVAIL$`, func() error {
		fd, err := sock.DialFrom(&m.client, &m.server)
		if !errors.Is(err, unix.EADDRNOTAVAIL) {
			sock.Close(fd)
			return check.Failf("EADDRNOTAVAIL", "%v", err)
		}
		w.Note("%v", err)
		return nil
	})
	m.multiply(sc)
	m.noClients(sc)
}

// listen opens a listener at that end; port 0 is a free one.
func (m *meeting) listen(at unix.SockaddrInet4) (*sock.Listener, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	m.bag.Add(fd)
	return sock.ListenOn(fd, at, 64)
}

// connect connects a client from that end and accepts it.
func (m *meeting) connect(from *unix.SockaddrInet4, to *sock.Listener) error {
	client, err := sock.DialFrom(from, &to.Addr)
	if err != nil {
		return err
	}
	m.bag.Add(client)
	server, err := to.Accept()
	if err != nil {
		return err
	}
	m.bag.Add(server)
	m.clients, m.servers = append(m.clients, client), append(m.servers, server)
	return nil
}

// another connects a client that differs from the first in one element.
func (m *meeting) another(element string) error {
	from, to := m.client, m.server
	switch element {
	case "another client port":
		from.Port = 0 // a free one
	case "another client address":
		from.Addr = ownAddress(2)
	case "another server port":
		to.Port = 0
	case "another server address":
		to.Addr = ownAddress(3)
	}
	l := m.listener
	if to != m.server {
		var err error
		if l, err = m.listen(to); err != nil {
			return err
		}
	}
	return m.connect(&from, l)
}

// differences counts the elements in which the first two connections differ.
func (m *meeting) differences() (n int, err error) {
	var ends [2][2]netip.AddrPort
	for i := range ends {
		for j, get := range []func(int) (unix.Sockaddr, error){unix.Getsockname, unix.Getpeername} {
			if ends[i][j], err = endOf(get(m.servers[i])); err != nil {
				return 0, err
			}
		}
		m.w.Note("server %v, client %v", ends[i][0], ends[i][1])
	}
	for j := range ends[0] {
		if ends[0][j].Addr() != ends[1][j].Addr() {
			n++
		}
		if ends[0][j].Port() != ends[1][j].Port() {
			n++
		}
	}
	return n, nil
}

// multiply: every address may use every port.
func (m *meeting) multiply(sc *godog.ScenarioContext) {
	sc.Given(`^a listening socket$`, func() (err error) {
		m.w.Cleanup(m.bag.Close)
		m.listener, err = m.listen(unix.SockaddrInet4{Addr: ownAddress(0)})
		return err
	})
	sc.When(`^clients connect from (\d+) addresses and from the same (\d+) ports of each$`, func(addresses, ports int) error {
		var same []int
		for a := range addresses {
			for p := range ports {
				from := unix.SockaddrInet4{Addr: ownAddress(1 + a)}
				if a > 0 {
					from.Port = same[p]
				}
				if err := m.connect(&from, m.listener); err != nil {
					return err
				}
				if a == 0 {
					own, err := endOf(unix.Getsockname(m.clients[p]))
					if err != nil {
						return err
					}
					same = append(same, int(own.Port()))
				}
			}
		}
		return nil
	})
	sc.Then(`^(\d+) connections are there at once, from (\d+) addresses and (\d+) ports$`, func(n, addresses, ports int) error {
		_, peers, err := m.ends()
		if err != nil {
			return err
		}
		addrs, numbers := map[netip.Addr]bool{}, map[uint16]bool{}
		for _, p := range peers {
			addrs[p.Addr()], numbers[p.Port()] = true, true
		}
		if len(peers) != n || len(addrs) != addresses || len(numbers) != ports {
			return check.Failf(fmt.Sprintf("%d ends of %d addresses and %d ports", n, addresses, ports), "%d of %d and %d", len(peers), len(addrs), len(numbers))
		}
		return nil
	})
	arithmetic(sc, m.w)
}

// noClients: bit patterns that are no client's end.
func (m *meeting) noClients(sc *godog.ScenarioContext) {
	asks := func(from unix.SockaddrInet4, gets string, as func(netip.AddrPort) bool) error {
		client, err := sock.DialFrom(&from, &m.listener.Addr)
		m.bag.Add(client)
		switch {
		case gets == "is refused with EADDRNOTAVAIL" && !errors.Is(err, unix.EADDRNOTAVAIL):
			return check.Failf("EADDRNOTAVAIL", "%v", err)
		case gets == "is refused with EADDRNOTAVAIL":
			return nil
		case err != nil:
			return err
		}
		got, err := endOf(unix.Getsockname(client))
		m.w.Note("connected from %v", got)
		if err == nil && as(got) {
			return check.Failf("another end than the one asked for", "%v", got)
		}
		return err
	}
	const gets = `(is given another|is refused with EADDRNOTAVAIL)$`
	sc.Then(`^a client that asks for the port (\d+) `+gets, func(port int, gets string) error {
		return asks(unix.SockaddrInet4{Addr: ownAddress(1), Port: port}, gets, func(got netip.AddrPort) bool { return int(got.Port()) == port })
	})
	sc.Then(`^a client that asks for the address ([\d.]+) `+gets, func(address, gets string) error {
		a, err := netip.ParseAddr(address)
		if err != nil {
			return err
		}
		return asks(unix.SockaddrInet4{Addr: a.As4()}, gets, func(got netip.AddrPort) bool { return got.Addr() == a })
	})
}

// arithmetic counts the pairs of address and port.
func arithmetic(sc *godog.ScenarioContext, w *World) {
	var addresses, ports uint64
	sc.Given(`^an address and a port, as wide as they are in the kernel's struct sockaddr_in$`, func() {
		var in unix.RawSockaddrInet4
		addresses, ports = 1<<(8*unsafe.Sizeof(in.Addr)), 1<<(8*unsafe.Sizeof(in.Port))
		w.Note("%d addresses, %d ports", addresses, ports)
	})
	sc.Then(`^there are (\d+) pairs of them, which is 2\^(\d+)$`, func(pairs, bits uint64) error {
		if addresses*ports != pairs || pairs != 1<<bits {
			return check.Failf(fmt.Sprintf("%d = 2^%d", pairs, bits), "%d", addresses*ports)
		}
		return nil
	})
	sc.Then(`^without port 0 and the addresses that are no client's there are (\d+)$`, func(want uint64) error {
		var none uint64
		for _, block := range []string{"0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4"} {
			none += 1 << (32 - netip.MustParsePrefix(block).Bits())
		}
		got := (addresses - none) * (ports - 1)
		w.Note("%d addresses are no client's; %.1f %% of 2^48 are left", none, 100*float64(got)/float64(addresses*ports))
		if got != want {
			return check.Failf(fmt.Sprint(want), "%d", got)
		}
		return nil
	})
}
