package proc

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseStat(t *testing.T) {
	const rest = " S 1 4711 4710 0 -1 4194560 1 2 3 4 17 5 0 0 20 0 3 0 12345 1000000 256 18446744073709551615 1 1"
	for _, c := range []struct{ name, comm string }{
		{"plain", "redis-server"},
		{"spaces and parentheses", "a) S (b"},
		{"newline", "two\nlines"},
		{"empty", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseStat([]byte("4711 (" + c.comm + ")" + rest))
			require.NoError(t, err)
			require.Equal(t, 4711, p.PID)
			require.Equal(t, c.comm, p.Comm)
			require.Equal(t, Sleeping, p.State)
			require.Equal(t, 1, p.Parent)
			require.Equal(t, 4711, p.Group)
			require.Equal(t, 4710, p.Session)
			require.Equal(t, 3, p.Threads)
			require.EqualValues(t, 22, p.CPU)
			require.EqualValues(t, 12345, p.Started)
			require.Zero(t, p.RSS%256)
			require.Positive(t, p.RSS)
		})
	}
}

func TestParseStatRefuses(t *testing.T) {
	for _, bad := range []string{"", "1", "1 (a", "1 )a( S", "1 (a) S 1 2", "x (a) S" + strings.Repeat(" 1", 40), "1 (a) S" + strings.Repeat(" x", 40)} {
		_, err := ParseStat([]byte(bad))
		require.Error(t, err, "%q", bad)
	}
}

const tcp4 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:18F6 00000000:0000 0A 00000000:00000004 00:00000000 00000000 65534        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:18F6 0100007F:C001 01 00280000:00000010 01:00000014 00000000     0        0 4712 4 0000000000000000 20 4 30 10 -1
   2: 0100007F:C001 0100007F:18F6 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0000000000000000
`

const tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000100007F:C002 08 00000000:00000000 00:00000000 00000000     0        0 100 1 0000000000000000 20 4 0 10 -1
   2: 00000000000000000000000001000000:0050 00000000000000000000000001000000:C003 01 00000000:00000000 00:00000000 00000000     0        0 101 1 0000000000000000 20 4 0 10 -1
`

func littleEndianOnly(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the samples were taken on a little-endian machine")
	}
}

func TestParseTCP(t *testing.T) {
	littleEndianOnly(t)
	sockets, err := ParseTCP(strings.NewReader(tcp4))
	require.NoError(t, err)
	server, client := netip.MustParseAddrPort("127.0.0.1:6390"), netip.MustParseAddrPort("127.0.0.1:49153")
	require.Equal(t, []Socket{
		{Local: server, Peer: netip.MustParseAddrPort("0.0.0.0:0"), State: Listen, RecvQueue: 4, UID: 65534, Inode: 4711},
		{Local: server, Peer: client, State: Established, SendQueue: 0x280000, RecvQueue: 16, Inode: 4712},
		{Local: client, Peer: server, State: TimeWait},
	}, sockets)
}

func TestParseTCP6(t *testing.T) {
	littleEndianOnly(t)
	sockets, err := ParseTCP(strings.NewReader(tcp6))
	require.NoError(t, err)
	require.Len(t, sockets, 3)
	require.Equal(t, netip.MustParseAddrPort("[::]:80"), sockets[0].Local)
	require.Equal(t, netip.MustParseAddrPort("127.0.0.1:80"), sockets[1].Local, "a mapped address is given as IPv4")
	require.Equal(t, CloseWait, sockets[1].State)
	require.Equal(t, netip.MustParseAddrPort("[::1]:49155"), sockets[2].Peer)
}

func TestParseTCPRefuses(t *testing.T) {
	for _, bad := range []string{
		"0: 0100007F:18F6",
		"0: 0100007:18F6 00000000:0000 0A 0:0 0:0 0 0 0 1",
		"0: 0100007F:18F6 00000000:0000 0A 0 0:0 0 0 0 1",
		"0: 0100007F:18F6 00000000:0000 ZZ 0:0 0:0 0 0 0 1",
		"0: 0100007F:18F6 00000000:0000 0A 0:0 0:0 0 0 0 -1",
	} {
		_, err := ParseTCP(strings.NewReader("header\n" + bad))
		require.ErrorContains(t, err, "line 2", "%q", bad)
	}
}

func TestParseFDInfo(t *testing.T) {
	info, err := ParseFDInfo([]byte("pos:\t0\nflags:\t02004002\nmnt_id:\t15\nino:\t2057\n" +
		"tfd:        5 events:       19 data:                5  pos:0 ino:1a sdev:8\n" +
		"tfd:        7 events: 8000201d data: ffff000000000007  pos:0 ino:1b sdev:8\n"))
	require.NoError(t, err)
	require.EqualValues(t, 0o2004002, info.Flags)
	require.EqualValues(t, 2057, info.Inode)
	require.EqualValues(t, -1, info.EventFD)
	require.Equal(t, []Target{
		{FD: 5, Events: 0x19, Data: 5, Inode: 0x1a},
		{FD: 7, Events: 0x8000201d, Data: 0xffff000000000007, Inode: 0x1b},
	}, info.Watched)

	info, err = ParseFDInfo([]byte("pos:\t0\nflags:\t02\neventfd-count:  0\neventfd-id: 12\neventfd-semaphore: 0\n"))
	require.NoError(t, err)
	require.EqualValues(t, 12, info.EventFD)

	_, err = ParseFDInfo([]byte("tfd: x events: 19"))
	require.ErrorContains(t, err, "tfd")
}

func TestDescendants(t *testing.T) {
	all := []Process{{PID: 1}, {PID: 5, Parent: 3}, {PID: 2, Parent: 1}, {PID: 3, Parent: 2}, {PID: 4, Parent: 1}, {PID: 6, Parent: 3}}
	var pids []int
	for _, p := range Descendants(all, 2) {
		pids = append(pids, p.PID)
	}
	require.Equal(t, []int{3, 5, 6}, pids)
	require.Empty(t, Descendants(all, 6))
	loop := []Process{{PID: 8, Parent: 9}, {PID: 9, Parent: 8}}
	require.Len(t, Descendants(loop, 8), 1, "two reads of a changing table may show a circle")
}

func TestSocketInode(t *testing.T) {
	inode, ok := SocketInode("socket:[4711]")
	require.True(t, ok)
	require.EqualValues(t, 4711, inode)
	for _, other := range []string{"", "pipe:[4711]", "anon_inode:[eventpoll]", "socket:[x]", "socket:["} {
		_, ok := SocketInode(other)
		require.False(t, ok, "%q", other)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22"))
	f.Add([]byte("1 () )"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseStat(b)
		if err == nil {
			require.Contains(t, string(b), "("+p.Comm+")")
		}
	})
}

func FuzzParseTCP(f *testing.F) {
	f.Add(tcp4)
	f.Add(tcp6)
	f.Fuzz(func(t *testing.T, table string) {
		sockets, err := ParseTCP(strings.NewReader(table))
		if err == nil {
			for _, s := range sockets {
				require.True(t, s.Local.IsValid() && s.Peer.IsValid())
			}
		}
	})
}

func FuzzParseFDInfo(f *testing.F) {
	f.Add([]byte("flags:\t02\ntfd: 5 events: 19 data: 5 pos:0 ino:1 sdev:8\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := ParseFDInfo(b)
		if err == nil {
			require.LessOrEqual(t, len(info.Watched), strings.Count(string(b), "tfd"))
		}
	})
}
