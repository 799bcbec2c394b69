//go:build linux

package proc

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestReadMemory(t *testing.T) {
	before, err := ReadMemory(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, before.PageTables)
	const more = 64 << 20
	touched, err := unix.Mmap(-1, 0, more, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Munmap(touched)) }()
	for i := 0; i < len(touched); i += 4096 {
		touched[i] = 1
	}
	after, err := ReadMemory(os.Getpid())
	require.NoError(t, err)
	require.InDelta(t, more, after.PSS-before.PSS, more/4, "what is touched counts, and little else changed")
	require.Greater(t, after.PageTables, before.PageTables)

	_, err = ReadMemory(1 << 30)
	require.True(t, Gone(err), "%v", err)
}

func TestKernelObjects(t *testing.T) {
	o, err := KernelObjects()
	require.NoError(t, err)
	require.Greater(t, o.Kept, int64(1<<20))
	require.Greater(t, o.Reclaimable, int64(1<<20))
	_, err = kilobytes([]byte("Other: 1 kB\n"), "Slab")
	require.Error(t, err)
}
