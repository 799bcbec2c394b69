//go:build linux

package impl_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/subject/stress"
)

// TestExchange holds that every client gets exactly its answers, in order, however requests are cut, piled up, ended or
// broken off, however slowly answers are read, and however little the server reads at a time; and that a bystander is
// served throughout. A script that fails is printed: "iospec replay" plays it again.
func TestExchange(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		rapid.Check(t, func(t *rapid.T) {
			script := stress.Scripts("line").Draw(t, "script")
			size := rapid.SampledFrom([]int{0, 0, 1, 7, 1000}).Draw(t, "read size")
			address, stop := serve(t, s, server.Config{Protocol: "line", ReadSize: size})
			defer func() { require.NoError(t, stop()) }()
			bystander := dial(t, address)
			bystander.ask(t, "echo here", "here")
			play(t, stress.Stage{Address: address, Protocol: "line"}, script)
			bystander.ask(t, "echo still there", "still there")
		})
	})
}

// TestEchoReturnsEveryByte does the same for the protocol that copies nothing.
func TestEchoReturnsEveryByte(t *testing.T) {
	each(t, func(t *testing.T, s impl.Server) {
		rapid.Check(t, func(t *rapid.T) {
			script := stress.Scripts("echo").Draw(t, "script")
			size := rapid.SampledFrom([]int{0, 0, 500}).Draw(t, "read size")
			address, stop := serve(t, s, server.Config{Protocol: "echo", ReadSize: size})
			defer func() { require.NoError(t, stop()) }()
			play(t, stress.Stage{Address: address, Protocol: "echo"}, script)
		})
	})
}

func play(t *rapid.T, stage stress.Stage, script stress.Script) {
	fault, err := stage.Play(context.Background(), script)
	require.NoError(t, err)
	if fault != nil {
		t.Fatalf("%v, in:\n%s", fault, script)
	}
}

// onlyReader hides whatever else a connection can do, so that it is read in sips.
type onlyReader struct{ io.Reader }

// differ tells where what came departs from what was due.
func differ(want, got string) error {
	if want == got {
		return nil
	}
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	return fmt.Errorf("wrong from byte %d on: got %d bytes, want %d: %.20q, want %.20q", at, len(got), len(want), got[at:], want[at:])
}
