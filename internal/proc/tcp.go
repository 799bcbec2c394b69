package proc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// TCPState is the state of a TCP socket, numbered as in the kernel's include/net/tcp_states.h.
type TCPState uint8

// The states that matter here.
const (
	Established TCPState = 1
	SynSent     TCPState = 2
	SynReceived TCPState = 3
	TimeWait    TCPState = 6
	CloseWait   TCPState = 8 // the other side has closed, this side has not
	Listen      TCPState = 10
)

// Socket is one line of /proc/PID/net/tcp or tcp6.
type Socket struct {
	Local     netip.AddrPort // an IPv4 address mapped into IPv6 is given as IPv4
	Peer      netip.AddrPort
	State     TCPState
	SendQueue uint32 // bytes written that the peer has not acknowledged; of a listener: 0, but see Find
	RecvQueue uint32 // bytes arrived that nobody has read; of a listener: connections waiting in its accept queue
	UID       uint32 // user who made the socket
	Inode     uint64 // 0: no process has it any more (TIME_WAIT, or not yet accepted)
}

// ParseTCP reads /proc/net/tcp or /proc/net/tcp6, the header line included.
// The format is that of the kernel's get_tcp4_sock in net/ipv4/tcp_ipv4.c: addresses are hexadecimal words in the
// machine's own byte order, ports are plain hexadecimal numbers.
func ParseTCP(r io.Reader) ([]Socket, error) {
	var sockets []Socket
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := bytes.Fields(lines.Bytes())
		if n == 1 || len(fields) == 0 {
			continue
		}
		s, err := parseSocket(fields)
		if err != nil {
			return nil, fmt.Errorf("tcp table, line %d: %w", n, err)
		}
		sockets = append(sockets, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("tcp table: %w", err)
	}
	return sockets, nil
}

// parseSocket reads: sl local rem st tx:rx tr:when retrnsmt uid timeout inode …
func parseSocket(fields [][]byte) (s Socket, err error) {
	if len(fields) < 10 {
		return s, fmt.Errorf("%d fields, at least 10 expected", len(fields))
	}
	if s.Local, err = parseEnd(fields[1]); err != nil {
		return s, fmt.Errorf("local address: %w", err)
	}
	if s.Peer, err = parseEnd(fields[2]); err != nil {
		return s, fmt.Errorf("remote address: %w", err)
	}
	state, err := strconv.ParseUint(string(fields[3]), 16, 8)
	if err != nil {
		return s, fmt.Errorf("state: %w", err)
	}
	s.State = TCPState(state)
	tx, rx, _ := bytes.Cut(fields[4], []byte(":"))
	if s.SendQueue, err = parse32(tx, 16); err != nil {
		return s, fmt.Errorf("send queue: %w", err)
	}
	if s.RecvQueue, err = parse32(rx, 16); err != nil {
		return s, fmt.Errorf("receive queue: %w", err)
	}
	if s.UID, err = parse32(fields[7], 10); err != nil {
		return s, fmt.Errorf("user: %w", err)
	}
	if s.Inode, err = strconv.ParseUint(string(fields[9]), 10, 64); err != nil {
		return s, fmt.Errorf("inode: %w", err)
	}
	return s, nil
}

func parse32(b []byte, base int) (uint32, error) {
	v, err := strconv.ParseUint(string(b), base, 32)
	return uint32(v), err
}

// parseEnd reads "0100007F:18EB".
func parseEnd(b []byte) (netip.AddrPort, error) {
	host, port, ok := bytes.Cut(b, []byte(":"))
	if !ok || (len(host) != 8 && len(host) != 32) {
		return netip.AddrPort{}, fmt.Errorf("%q is not ADDRESS:PORT", short(b))
	}
	var raw [16]byte
	n, err := hex.Decode(raw[:], host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for word := raw[:n]; len(word) > 0; word = word[4:] {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	p, err := strconv.ParseUint(string(port), 16, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	addr, _ := netip.AddrFromSlice(raw[:n])
	return netip.AddrPortFrom(addr.Unmap(), uint16(p)), nil
}

// Sockets reads the TCP sockets, IPv4 and IPv6, of the network namespace in which the process lives. They are those of
// the whole namespace: Links tells which of them the process holds.
func Sockets(pid int) ([]Socket, error) {
	var all []Socket
	for _, table := range []string{"tcp", "tcp6"} {
		content, err := os.ReadFile(path(pid, "net", table))
		if table == "tcp6" && errors.Is(err, fs.ErrNotExist) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, fmt.Errorf("read the sockets of process %d's network: %w", pid, err)
		}
		sockets, err := ParseTCP(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		all = append(all, sockets...)
	}
	return all, nil
}

// Network names the process's network namespace: "net:[4026531840]". Equal names mean the same namespace.
func Network(pid int) (string, error) {
	name, err := os.Readlink(path(pid, "ns", "net"))
	if err != nil {
		return "", fmt.Errorf("read process %d's network namespace: %w", pid, err)
	}
	return name, nil
}

// SocketInode reads the link of a descriptor that names a socket: "socket:[4711]" gives 4711.
func SocketInode(link string) (uint64, bool) {
	number, ok := strings.CutPrefix(link, "socket:[")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
	return inode, err == nil
}
