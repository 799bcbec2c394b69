//go:build linux

package steps

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// TestAReadOutlivesSignals interrupts a client that waits for an answer, as the Go runtime does now and then.
func TestAReadOutlivesSignals(t *testing.T) {
	var bag sock.Bag
	defer bag.Close()
	client, server, err := bag.TCPPair()
	require.NoError(t, err)
	require.NoError(t, patient(client))
	got := make([]byte, 8)
	n, failed := 0, error(nil)
	reads := thread.Start(func(*thread.Thread) { n, failed = blockingReader(client).Read(got) })
	for range 10 {
		require.NoError(t, thread.Settle([]*thread.Thread{reads}, unix.SYS_READ))
		require.NoError(t, unix.Tgkill(os.Getpid(), reads.TID(), unix.SIGURG))
	}
	_, err = unix.Write(server, []byte("answer"))
	require.NoError(t, err)
	require.NoError(t, reads.Join())
	require.NoError(t, failed)
	assert.Equal(t, "answer", string(got[:n]))
}
