package proc

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/internal/await"
)

func TestStatus(t *testing.T) {
	own, err := ReadStatus(os.Getpid())
	require.NoError(t, err)
	require.Equal(t, os.Geteuid(), own.UID)
	require.False(t, own.Ended)
	s, err := parseStatus("Name:\ta: b\nTracerPid:\t4711\nUid:\t1000\t33\t33\t33\nVmSize:\t  2 kB\n")
	require.NoError(t, err)
	require.Equal(t, Status{Tracer: 4711, UID: 33}, s)
	_, err = parseStatus("Uid:\tnobody\n")
	require.ErrorContains(t, err, "nobody")
	_, err = ReadStatus(1<<22 + 1)
	require.True(t, Gone(err), err)
}

// TestStatusOfWhatHasEnded: a process that nobody has waited for is still there, and has nothing.
func TestStatusOfWhatHasEnded(t *testing.T) {
	cmd := exec.Command("true")
	require.NoError(t, cmd.Start())
	defer func() { require.NoError(t, cmd.Wait()) }()
	require.NoError(t, await.Until("it has ended", func() (bool, error) {
		p, err := Read(cmd.Process.Pid)
		return p.State == Zombie, err
	}))
	s, err := ReadStatus(cmd.Process.Pid)
	require.NoError(t, err)
	require.True(t, s.Ended)
}
