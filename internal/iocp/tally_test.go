package iocp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTally holds that the server's last word is understood, and that what is missing or too much in it shows.
func TestTally(t *testing.T) {
	const said = "proactor/iocp: listening on 127.0.0.1:1\nproactor/iocp: operations started: 10; completed: 2 accepts, 3 receives of 40 bytes, 2 sends of 50 bytes, 2 ends, 1 failed; taken with 7 calls\n"
	got, err := ReadTally(said)
	require.NoError(t, err)
	require.Equal(t, Tally{Started: 10, Accepts: 2, Receives: 3, Sends: 2, Ends: 2, Failed: 1, Received: 40, Sent: 50, Calls: 7}, got)
	require.Equal(t, 10, got.Completed())
	require.NoError(t, got.Conserved())

	for _, lost := range []string{"3 receives", "2 ends", "1 failed"} {
		got, err := ReadTally(strings.Replace(said, lost, "0"+lost[1:], 1))
		require.NoError(t, err)
		require.ErrorContains(t, got.Conserved(), "10 operations were started")
	}
	for _, silent := range []string{"", "listening on 127.0.0.1:1\n", said[:len(said)-20]} {
		_, err := ReadTally(silent)
		require.Error(t, err)
	}
}
