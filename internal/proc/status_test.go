package proc

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStatus(t *testing.T) {
	own, err := ReadStatus(os.Getpid())
	require.NoError(t, err)
	require.Equal(t, os.Geteuid(), own.UID)
	s, err := parseStatus("Name:\ta: b\nTracerPid:\t4711\nUid:\t1000\t33\t33\t33\n")
	require.NoError(t, err)
	require.Equal(t, Status{Tracer: 4711, UID: 33}, s)
	_, err = parseStatus("Uid:\tnobody\n")
	require.ErrorContains(t, err, "nobody")
	_, err = ReadStatus(1<<22 + 1)
	require.True(t, Gone(err), err)
}
