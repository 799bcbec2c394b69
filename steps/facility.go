//go:build linux

package steps

import (
	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/uring"
)

// lacking says that this machine has not what the target is nothing without, and what would help; nil if it has. A server
// that claims io_uring cannot start where a container forbids it: that says nothing about the server.
func (t Target) lacking() error {
	if !t.Traits.Has("io_uring") {
		return nil
	}
	ring, err := uring.New(0)
	if err != nil {
		return check.Unsupportedf("%v", err)
	}
	ring.Close()
	return nil
}
