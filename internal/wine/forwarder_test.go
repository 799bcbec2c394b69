//go:build linux

package wine

import (
	"bytes"
	"debug/pe"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestForwarder holds that the DLL is one, in the eyes of somebody else who reads the format.
func TestForwarder(t *testing.T) {
	dll := forwarder("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036")
	f, err := pe.NewFile(bytes.NewReader(dll))
	require.NoError(t, err)
	require.EqualValues(t, pe.IMAGE_FILE_MACHINE_AMD64, f.Machine)
	require.NotZero(t, f.Characteristics&pe.IMAGE_FILE_DLL)
	optional := f.OptionalHeader.(*pe.OptionalHeader64)
	require.Zero(t, optional.AddressOfEntryPoint, "it has code")
	require.Len(t, f.Sections, 1)
	exports := optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	require.Equal(t, f.Sections[0].VirtualAddress, exports.VirtualAddress)
	data, err := f.Sections[0].Data()
	require.NoError(t, err)
	require.Less(t, bytes.Index(data, []byte("advapi32.SystemFunction036\x00")), int(exports.Size), "a forwarder is inside the directory")
	require.Equal(t, data, dll[len(dll)-len(data):])
}
