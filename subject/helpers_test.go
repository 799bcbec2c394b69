//go:build linux

package subject

import (
	"strconv"
	"testing"

	"github.com/iospec/iospec/tracer"
)

func itoa(n int) string { return strconv.Itoa(n) }

// mayTrace skips where recording is refused, and says by what.
func mayTrace(t *testing.T) {
	t.Helper()
	if err := tracer.Supported(); err != nil {
		t.Skip("recording is not possible here: ", err)
	}
}
