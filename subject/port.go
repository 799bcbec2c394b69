//go:build linux

package subject

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// firstPort is the lowest port that is given away.
const firstPort = 10000

// reservePort finds a port on 127.0.0.1 on which nothing is bound, and keeps other iospec processes off it until the
// Closer is closed. It lies below the range from which the kernel gives ports to clients: else a client of ours could
// be given the very port before the server binds it.
func reservePort() (netip.AddrPort, io.Closer, error) {
	end := clientPorts()
	if end < firstPort+1000 {
		end = 65536 // this machine gives clients nearly all ports: take the risk
	}
	for range 1000 {
		port := uint16(firstPort + rand.IntN(end-firstPort))
		claim, err := net.Listen("unix", "@iospec/port/"+strconv.Itoa(int(port)))
		if errors.Is(err, unix.EADDRINUSE) {
			continue
		}
		if err != nil {
			return netip.AddrPort{}, nil, fmt.Errorf("reserve port %d among iospec's own: %w", port, err)
		}
		if free(port) {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port), claim, nil
		}
		_ = claim.Close()
	}
	return netip.AddrPort{}, nil, fmt.Errorf("find a free port between %d and %d: none of 1000 tried is", firstPort, end)
}

// free reports whether a server may bind the port on every address, without any address-reuse option.
func free(port uint16) bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	return unix.Bind(fd, &unix.SockaddrInet4{Port: int(port)}) == nil
}

// clientPorts gives the first port of the range that the kernel hands to connecting sockets (ip(7), ip_local_port_range).
func clientPorts() int {
	const usual = 32768
	content, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	fields := strings.Fields(string(content))
	if len(fields) != 2 {
		return usual
	}
	first, err := strconv.Atoi(fields[0])
	if err != nil {
		return usual
	}
	return first
}
