//go:build linux

package steps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// udpPacket builds an IPv4 packet from 127.0.0.1 to 127.0.0.1 with a UDP datagram to that port, as RFC 768 and RFC 791
// have it; if wrong, the datagram's checksum is not what its bytes add up to. The kernel fills in the checksum of the
// IP header.
func udpPacket(port int, payload []byte, wrong bool) []byte {
	const ip, udp = 20, 8
	p := make([]byte, ip+udp+len(payload))
	p[0], p[8], p[9] = 4<<4|ip/4, 64, unix.IPPROTO_UDP // version and header length, time to live, protocol
	copy(p[12:], loopback[:])
	copy(p[16:], loopback[:])
	datagram := p[ip:]
	be := binary.BigEndian
	be.PutUint16(datagram[0:], 9) // the discard port: nobody answers
	be.PutUint16(datagram[2:], uint16(port))
	be.PutUint16(datagram[4:], uint16(len(datagram)))
	copy(datagram[udp:], payload)
	sum := onesComplement(datagram, onesComplement(p[12:20], unix.IPPROTO_UDP+uint32(len(datagram))))
	if wrong {
		sum++
	}
	be.PutUint16(datagram[6:], ^uint16(sum))
	return p
}

// onesComplement adds 16-bit words with the carry brought round: the sum of RFC 1071. Its bytes must be even in number.
func onesComplement(b []byte, sum uint32) uint32 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return sum
}

// checksumErrors reads how many datagrams the network has dropped for their checksum: InCsumErrors of /proc/net/snmp,
// where a line of names is followed by a line of numbers.
func (u *datagrams) checksumErrors() (int, error) {
	buf := make([]byte, 8192)
	n, err := unix.Pread(u.counters, buf, 0)
	if err != nil {
		return 0, fmt.Errorf("read /proc/net/snmp: %w", err)
	}
	var names []string
	for line := range strings.Lines(string(buf[:n])) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "Udp:" {
			continue
		}
		if i := slices.Index(names, "InCsumErrors"); i >= 0 && i < len(words) {
			return strconv.Atoi(words[i])
		}
		names = words
	}
	return 0, errors.New("/proc/net/snmp does not tell InCsumErrors of UDP")
}
