//go:build linux

package steps

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A log of calls as Wine writes it, of a server that lets a client in, receives, sends and hears of it.
const proactorLog = `0200:Call mswsock.AcceptEx(00000080,00000098,1426f1798120,00000000,00000084,00000084,1426f176751c,1426f16ba730) ret=140012029
0200:Ret  mswsock.AcceptEx() retval=00000000 ret=140012029
0200:Call KERNEL32.GetQueuedCompletionStatusEx(0000007c,1426f17b0008,00000040,1426f17b0614,ffffffff,00000000) ret=140012029
0200:Call ws2_32.WSARecv(00000098,1426f1767350,00000001,00000000,1426f176731c,1426f16ba780,00000000) ret=140012029
0200:Call PE DLL (proc=000000007B62F500,module=000000007B600000 L"kernel32.dll",reason=PROCESS_DETACH,res=1)
0200:Call ws2_32.WSASend(00000098,1426f1767350,00000001,00000000,00000000,1426f16ba780,00000000) ret=140012029
`

// TestCallsCanFail holds that a log convicts who asks for readiness, copies at once, or starts nothing.
func TestCallsCanFail(t *testing.T) {
	count, err := judgeCalls(proactorLog)
	require.NoError(t, err)
	require.Equal(t, 1, count["WSARecv"])
	for what, wrong := range map[string]string{
		"select":           proactorLog + "0200:Call ws2_32.select(00000040,00,00,00,00) ret=1\n",
		"recv":             proactorLog + "0200:Call ws2_32.recv(00000098,00,00000100,00000000) ret=1\n",
		"ioctlsocket":      proactorLog + "0200:Call ws2_32.ioctlsocket(00000098,4004667f,00) ret=1\n",
		"OVERLAPPED":       strings.Replace(proactorLog, "1426f176731c,1426f16ba780", "1426f176731c,00000000", 1),
		"calls of WSASend": strings.ReplaceAll(proactorLog, "WSASend", "WSARecv"),
	} {
		_, err := judgeCalls(wrong)
		require.ErrorContains(t, err, what)
	}
}

// TestConservationCanFail holds that a server which loses a completion, or bytes, or counts a client twice, is convicted.
func TestConservationCanFail(t *testing.T) {
	const said = "listening on 127.0.0.1:1\noperations started: 9; completed: 2 accepts, 2 receives of 10 bytes, 2 sends of 10 bytes, 2 ends, 1 failed; taken with 4 calls\n"
	judge := func(text string) error {
		s := &completionServer{w: new(World), clients: 2, bytes: 10}
		s.said.WriteString(text)
		return s.conserved()
	}
	require.NoError(t, judge(said))
	for _, swap := range [][2]string{
		{"started: 9", "started: 10"}, {"2 accepts", "3 accepts"}, {"receives of 10", "receives of 9"}, {"2 ends", "1 ends"}, {"operations", "nothing"},
	} {
		require.Error(t, judge(strings.Replace(said, swap[0], swap[1], 1)), "%v", swap)
	}
	s := &completionServer{w: new(World)}
	s.said.WriteString(said)
	require.NoError(t, s.batches())
	s.said.Reset()
	s.said.WriteString(strings.Replace(said, "with 4 calls", "with 7 calls", 1))
	require.Error(t, s.batches())
}
