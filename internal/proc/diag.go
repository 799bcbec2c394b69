//go:build linux

package proc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Beside tens of thousands of sockets in TIME_WAIT, one read of /proc/net/tcp takes a tenth of a second, because it prints
// them all. The kernel finds listeners, and a connection whose both ends are known, without passing by those.

// Query picks TCP sockets of this process's own network namespace.
type Query struct {
	States     []TCPState // none: all
	Port, Peer uint16     // 0: any
}

// The message formats of sock_diag(7): a netlink header, then inet_diag_req_v2, answered by inet_diag_msg.
const (
	headerLength  = unix.SizeofNlMsghdr
	requestLength = headerLength + 56
	answerLength  = 72
	byFamily      = 20 // SOCK_DIAG_BY_FAMILY of linux/sock_diag.h
)

// Find asks the kernel for sockets by sock_diag(7), or, where that is refused or missing, reads the tables of /proc.
// Of a listener, SendQueue is the bound of its accept queue, when sock_diag says so, else 0.
func Find(q Query) ([]Socket, error) {
	found, err := diag(q)
	if err == nil {
		return found, nil
	}
	all, procErr := Sockets(os.Getpid())
	if procErr != nil {
		return nil, errors.Join(err, procErr)
	}
	for _, s := range all {
		if q.matches(s) {
			found = append(found, s)
		}
	}
	return found, nil
}

// Connection finds the socket that is connected from local to peer, in this process's own network namespace; false: there
// is none, or only one in TIME_WAIT.
func Connection(local, peer netip.AddrPort) (Socket, bool, error) {
	found, err := exactly(local, peer)
	if err != nil {
		if found, err = Find(Query{Port: local.Port(), Peer: peer.Port()}); err != nil {
			return Socket{}, false, err
		}
	}
	for _, s := range found {
		if s.Local == local && s.Peer == peer && s.State != TimeWait {
			return s, true, nil
		}
	}
	return Socket{}, false, nil
}

// exactly asks for one socket. Where there is no connection the kernel may give the listener instead.
func exactly(local, peer netip.AddrPort) ([]Socket, error) {
	family := byte(unix.AF_INET6)
	if local.Addr().Is4() {
		family = unix.AF_INET
	}
	b := Query{Port: local.Port(), Peer: peer.Port()}.request(family, unix.NLM_F_REQUEST)
	copy(b[headerLength+12:], local.Addr().AsSlice())
	copy(b[headerLength+28:], peer.Addr().AsSlice())
	copy(b[headerLength+48:], []byte{255, 255, 255, 255, 255, 255, 255, 255}) // INET_DIAG_NOCOOKIE
	found, err := ask(b)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	return found, err
}

func (q Query) matches(s Socket) bool {
	return q.mask()&(1<<s.State) != 0 && (q.Port == 0 || q.Port == s.Local.Port()) && (q.Peer == 0 || q.Peer == s.Peer.Port())
}

// mask has the bit of each wanted state.
func (q Query) mask() uint32 {
	if len(q.States) == 0 {
		return ^uint32(0)
	}
	var m uint32
	for _, s := range q.States {
		m |= 1 << s
	}
	return m
}

func diag(q Query) (found []Socket, err error) {
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		some, err := ask(q.request(family, unix.NLM_F_REQUEST|unix.NLM_F_DUMP))
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// request encodes the query. Ports and addresses are in network order, everything else in the machine's.
func (q Query) request(family byte, flags uint16) []byte {
	b := make([]byte, requestLength)
	native := binary.NativeEndian
	native.PutUint32(b[0:], requestLength)
	native.PutUint16(b[4:], byFamily)
	native.PutUint16(b[6:], flags)
	r := b[headerLength:]
	r[0], r[1] = family, unix.IPPROTO_TCP
	native.PutUint32(r[4:], q.mask())
	binary.BigEndian.PutUint16(r[8:], q.Port)
	binary.BigEndian.PutUint16(r[10:], q.Peer)
	return b
}

// ask sends a request and receives its answer: many datagrams until the last, when it asks for a dump, else one.
func ask(request []byte) (found []Socket, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("sock_diag: socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("sock_diag: send: %w", err)
	}
	dump := binary.NativeEndian.Uint16(request[6:])&unix.NLM_F_DUMP != 0
	buffer := make([]byte, 32<<10)
	for {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("sock_diag: receive: %w", err)
		}
		sockets, done, err := parseDiag(buffer[:n])
		if err != nil {
			return nil, fmt.Errorf("sock_diag: %w", err)
		}
		found = append(found, sockets...)
		if done || !dump {
			return found, nil
		}
	}
}

// parseDiag reads the messages of one datagram; done says that the last one ends the dump.
func parseDiag(b []byte) (sockets []Socket, done bool, err error) {
	for len(b) >= headerLength {
		length, kind := int(binary.NativeEndian.Uint32(b)), binary.NativeEndian.Uint16(b[4:])
		if length < headerLength || length > len(b) {
			return nil, false, fmt.Errorf("a message of %d bytes in %d", length, len(b))
		}
		body := b[headerLength:length]
		switch {
		case kind == unix.NLMSG_DONE:
			return sockets, true, nil
		case kind == unix.NLMSG_ERROR && len(body) >= 4:
			return nil, false, fmt.Errorf("refused: %w", unix.Errno(-int32(binary.NativeEndian.Uint32(body))))
		case kind == byFamily && len(body) >= answerLength:
			sockets = append(sockets, parseAnswer(body))
		default:
			return nil, false, fmt.Errorf("a message of kind %d with %d bytes", kind, len(body))
		}
		b = b[min(len(b), (length+3)&^3):] // messages begin at multiples of 4
	}
	return sockets, false, nil
}

// parseAnswer reads an inet_diag_msg.
func parseAnswer(b []byte) Socket {
	native := binary.NativeEndian
	return Socket{
		State:     TCPState(b[1]),
		Local:     end(b[0], b[8:24], b[4:6]),
		Peer:      end(b[0], b[24:40], b[6:8]),
		RecvQueue: native.Uint32(b[56:]),
		SendQueue: native.Uint32(b[60:]),
		UID:       native.Uint32(b[64:]),
		Inode:     uint64(native.Uint32(b[68:])),
	}
}

func end(family byte, addr, port []byte) netip.AddrPort {
	if family == unix.AF_INET {
		addr = addr[:4]
	}
	a, _ := netip.AddrFromSlice(addr) // 4 or 16 bytes always fit
	return netip.AddrPortFrom(a.Unmap(), binary.BigEndian.Uint16(port))
}
