//go:build linux

package steps

import (
	"errors"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// needDescriptors raises this process's descriptor limit to n. Where the hard limit is lower the scenario is unsupported.
func needDescriptors(n int) error {
	err := sock.RaiseLimit(uint64(n))
	if errors.Is(err, sock.ErrLimit) {
		return check.Unsupportedf("%v", err)
	}
	return err
}
