package proactor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What clients do is the same on every system.

// patience is how long a test waits for what must happen. It is no measure of anything.
const patience = 60 * time.Second

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c.(*net.TCPConn)
}

// mirror sends random bytes, says that it is done, and wants all of them back, and then the end.
func mirror(c *net.TCPConn, random io.Reader, size int) error {
	data, err := io.ReadAll(io.LimitReader(random, int64(size)))
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(data)
		sent <- errors.Join(err, c.CloseWrite())
	}()
	got, err := io.ReadAll(c)
	if err := errors.Join(err, <-sent); err != nil {
		return err
	}
	if !bytes.Equal(got, data) {
		return fmt.Errorf("%d bytes came back, of %d, or not the same", len(got), len(data))
	}
	return nil
}
