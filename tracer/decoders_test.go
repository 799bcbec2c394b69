//go:build linux && (amd64 || arm64)

package tracer

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func init() { roles["pipes"] = rolePipes }

func rolePipes() {
	var p [2]int
	must(unix.Pipe2(p[:], unix.O_NONBLOCK))
	expect("pipe2", fields{"flags": unix.O_NONBLOCK, "made": []fields{{"fd": p[0], "object": object(p[0])}, {"fd": p[1], "object": object(p[1])}}})
	buf := make([]byte, 100)
	_, err := unix.Read(p[0], buf)
	if err != unix.EAGAIN {
		must(err)
	}
	expect("read", fields{"fd": p[0], "result": -1, "errno": "EAGAIN", "want": 100, "nonblock": true, "object": object(p[0])})
	value2(unix.Write(p[1], buf[:7]))
	expect("write", fields{"fd": p[1], "result": 7, "want": 7, "object": object(p[1])})
	value2(unix.Read(p[0], buf))
	expect("read", fields{"fd": p[0], "result": 7, "want": 100, "object": object(p[0])})
	describe()
}

func TestPipes(t *testing.T) {
	r := record(t, roleCommand("pipes"), Options{})
	r.described()
	require.NotNil(t, r.records[0].Header)
	require.NotNil(t, r.records[len(r.records)-1].End)
}

func TestSupported(t *testing.T) { require.NoError(t, Supported()) }
