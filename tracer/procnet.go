//go:build linux && (amd64 || arm64)

package tracer

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/iospec/iospec/trace"
)

// tables are the files of /proc/TID/net that list sockets of the internet families (proc_pid_net(5)).
var tables = []struct{ file, domain, kind string }{
	{"tcp", "inet", "stream"}, {"tcp6", "inet6", "stream"}, {"udp", "inet", "dgram"}, {"udp6", "inet6", "dgram"},
}

// fromTables finds a socket by its inode in the tables of the task's network namespace.
func fromTables(tid int, s *trace.Socket) {
	inode := strings.TrimPrefix(string(s.Object), "socket:")
	for _, table := range tables {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", tid, table.file))
		if err != nil {
			continue
		}
		if tableRow(string(text), inode, s) {
			s.Domain, s.Type = table.domain, table.kind
			return
		}
	}
}

// The columns of a row, and the state that means LISTEN.
const (
	columnLocal, columnPeer, columnState, columnInode = 1, 2, 3, 9

	stateListen = "0A"
)

// tableRow reads the row of one inode.
func tableRow(table, inode string, s *trace.Socket) bool {
	for line := range strings.Lines(table) {
		row := strings.Fields(line)
		if len(row) <= columnInode || row[columnInode] != inode {
			continue
		}
		s.Local = tableAddress(row[columnLocal])
		s.Listening = row[columnState] == stateListen
		if !strings.HasSuffix(row[columnPeer], ":0000") {
			s.Peer = tableAddress(row[columnPeer])
		}
		return true
	}
	return false
}

// tableAddress reads "0100007F:18F6": words of four bytes, each in the machine's order, then the port.
func tableAddress(text string) string {
	words, digits, _ := strings.Cut(text, ":")
	port, err := strconv.ParseUint(digits, 16, 16)
	bytes, err2 := hex.DecodeString(words)
	if err != nil || err2 != nil || len(bytes)%4 != 0 {
		return ""
	}
	for i := 0; i < len(bytes); i += 4 {
		slices.Reverse(bytes[i : i+4])
	}
	addr, ok := netip.AddrFromSlice(bytes)
	if !ok {
		return ""
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)).String()
}
