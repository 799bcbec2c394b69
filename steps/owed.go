//go:build linux

package steps

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/subject/protocol"
)

// owed makes a finding of an error that is the server's doing: it answered wrongly or not at all, hung up, or does not
// let clients in. Any other error stays one of ours.
func owed(expected string, err error) error {
	var mismatch *protocol.Mismatch
	switch {
	case errors.Is(err, protocol.ErrEnded):
		return endsEarly()
	case errors.As(err, &mismatch):
		return check.Failf(expected, "%v", err)
	case errors.Is(err, errGone), errors.Is(err, errSilent), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.ECONNRESET), errors.Is(err, unix.EPIPE), errors.Is(err, unix.ETIMEDOUT):
		return check.Failf(expected, "%v", err)
	}
	return err
}
