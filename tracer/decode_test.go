//go:build linux && (amd64 || arm64)

package tracer

import (
	"math"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iospec/iospec/trace"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

func TestSockaddr(t *testing.T) {
	for want, b := range map[string][]byte{
		"127.0.0.1:6390": {2, 0, 0x18, 0xf6, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		"[::1]:80":       append([]byte{10, 0, 0, 80, 0, 0, 0, 0}, netip.IPv6Loopback().AsSlice()...),
		"10.0.0.1:80":    append([]byte{10, 0, 0, 80, 0, 0, 0, 0}, netip.MustParseAddr("::ffff:10.0.0.1").AsSlice()...),
		"/run/x.sock":    append([]byte{1, 0}, "/run/x.sock\x00rubbish"...),
		"@name":          append([]byte{1, 0}, "\x00name"...),
	} {
		require.Equal(t, want, sockaddr(b))
	}
	for _, b := range [][]byte{nil, {2}, {2, 0}, {2, 0, 1, 2, 3}, {10, 0, 0, 80}, {1, 0}, {1, 0, 0}, {16, 0, 1, 2}} {
		require.Empty(t, sockaddr(b))
	}
}

func TestTimeouts(t *testing.T) {
	put := func(seconds, part int64) []byte {
		return le.AppendUint64(le.AppendUint64(nil, uint64(seconds)), uint64(part))
	}
	require.Equal(t, trace.Time(1500*time.Millisecond), timespec(put(1, 500_000_000)))
	require.Equal(t, trace.Time(1500*time.Millisecond), timeval(put(1, 500_000)))
	require.Equal(t, trace.Time(math.MaxInt64), timespec(put(math.MaxInt64, 0)))
	require.Equal(t, trace.Time(math.MaxInt64), timeval(put(0, math.MaxInt64)))
	require.Zero(t, timespec(put(-1, 0)))
	require.Zero(t, timespec(nil))
	require.Equal(t, forever, milliseconds(math.MaxUint64))
	require.Equal(t, trace.Time(5*time.Millisecond), milliseconds(5))
}

// What select's sets hold must come out, whatever is in them.
func TestSelectSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nfds := rapid.IntRange(0, 2000).Draw(t, "nfds")
		var sets [3][]byte
		want := map[int]uint32{}
		for i := range sets {
			sets[i] = make([]byte, setSize(nfds))
			for _, fd := range rapid.SliceOf(rapid.IntRange(0, 2047)).Draw(t, "set") {
				if fd/8 >= len(sets[i]) {
					continue
				}
				sets[i][fd/8] |= 1 << (fd % 8)
				if fd < nfds {
					want[fd] |= selectBits[i]
				}
			}
		}
		got := selectFDs(sets, nfds)
		require.True(t, slices.IsSortedFunc(got, func(a, b trace.PollFD) int { return a.FD - b.FD }))
		for i, which := range selectBits {
			selectResult(got, sets[i], which)
		}
		for _, p := range got {
			require.Equal(t, want[p.FD], p.Events)
			require.Equal(t, p.Events, p.Revents, "the same set, come back whole")
			delete(want, p.FD)
		}
		require.Empty(t, want)
	})
}

func TestRights(t *testing.T) {
	two := append(unix.UnixRights(3, 4), unix.UnixRights(5)...)
	require.Equal(t, []int{3, 4, 5}, rights(two))
	require.Equal(t, []int{5}, rights(append(unix.UnixCredentials(&unix.Ucred{}), unix.UnixRights(5)...)))
	require.Empty(t, rights(two[:12]))
	require.Empty(t, rights(le.AppendUint64(nil, math.MaxUint64)))
}

func TestTables(t *testing.T) {
	const tcp6 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 42 1 x
   1: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 43 1 x
`
	var s trace.Socket
	require.True(t, tableRow(tcp6, "42", &s))
	require.Equal(t, trace.Socket{Listening: true, Local: "[::]:8080"}, s)
	s = trace.Socket{}
	require.True(t, tableRow(tcp6, "43", &s))
	require.Equal(t, trace.Socket{Local: "127.0.0.1:8080", Peer: "127.0.0.1:49153"}, s)
	require.False(t, tableRow(tcp6, "4", &s))
	require.Empty(t, tableAddress("no"))
}

// The tables and the socket itself must say the same.
func TestTablesAgreeWithTheSocket(t *testing.T) {
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer func() { _ = unix.Close(l) }()
	require.NoError(t, unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, unix.Listen(l, 1))
	w := newWorld()
	object := strings.NewReplacer(":[", ":", "]", "").Replace(w.readlink(unix.Getpid(), l))
	asked, found := trace.Socket{Object: trace.Object(object)}, trace.Socket{Object: trace.Object(object)}
	require.False(t, ask(l, &asked))
	fromTables(unix.Getpid(), &found)
	require.Equal(t, asked, found)
}

// No bytes may make a decoder panic.
func FuzzDecoders(f *testing.F) {
	f.Add([]byte{2, 0, 1, 2, 3, 4, 5, 6}, 3)
	f.Add(unix.UnixRights(1, 2, 3), 70)
	f.Add(make([]byte, 120), -1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		_ = sockaddr(b)
		_, _, _ = epollEvents(b), pollfds(b), iovecBytes(b)
		_, _ = timespec(b), timeval(b)
		_, _ = decodeMsghdr(b)
		_, _ = decodeSQE(b)
		_, _ = decodeParams(b), decodeCQE(b)
		_, _ = flagsOctal(b)
		_ = tableAddress(string(b))
		var s trace.Socket
		_ = tableRow(string(b), "1", &s)
		for _, fd := range rights(b) {
			_ = fd
		}
		fds := selectFDs([3][]byte{b, b, b}, n%4096)
		selectResult(fds, b, trace.In)
		selectResult([]trace.PollFD{{FD: n}}, b, trace.In)
		require.GreaterOrEqual(t, iovecBytes(b), int64(0))
		require.GreaterOrEqual(t, timespec(b), trace.Time(0))
	})
}

func TestFilterLetsTheRestPass(t *testing.T) {
	program := filter(nil)
	last := program[len(program)-2:]
	require.Equal(t, ret(unix.SECCOMP_RET_ALLOW), last[0])
	for i, ins := range program {
		if ins.Code&7 == unix.BPF_JMP {
			require.Less(t, i+1+int(max(ins.Jt, ins.Jf)), len(program), "a jump out of the program")
		}
	}
	lock := filter([]trace.Family{trace.FamilyLock})
	require.Len(t, lock, len(program)+len(trace.FamilyLock.Names()))
}

// Every system call of every family that this machine has must have a shape.
func TestEveryCallHasAShape(t *testing.T) {
	known := map[string]bool{}
	for _, s := range shapes {
		known[s.name] = true
	}
	families := []trace.Family{
		trace.FamilySocket, trace.FamilyOption, trace.FamilyAccept, trace.FamilyRead, trace.FamilyWrite, trace.FamilyClose,
		trace.FamilyDup, trace.FamilySelect, trace.FamilyPoll, trace.FamilyEpoll, trace.FamilyEpollCtl, trace.FamilyWait,
		trace.FamilyRing, trace.FamilyWaker, trace.FamilyTask, trace.FamilyExec, trace.FamilyReap, trace.FamilyLock,
		trace.FamilySleep, trace.FamilyAio,
	}
	for _, f := range families {
		for _, name := range f.Names() {
			require.True(t, known[name], name)
			if runtime.GOARCH == "amd64" {
				require.True(t, has(name), name)
			}
		}
	}
}
