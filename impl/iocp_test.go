//go:build linux

package impl_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/iocp"
	"github.com/iospec/iospec/internal/wine"
	"github.com/iospec/iospec/subject/stress"
)

// underWine is proactor/iocp, as a program of Windows that clients of this system talk with.
func underWine(t *testing.T) impl.Server {
	t.Helper()
	if testing.Short() {
		t.Skip("NOT TESTED: it takes Wine seconds to start")
	}
	bottle, err := wine.New(t.Context())
	if missing, ok := errors.AsType[*wine.Missing](err); ok {
		t.Skip("NOT TESTED: ", missing)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bottle.Close()) })
	s := impl.Elsewhere[0]
	s.Serve = func(ctx context.Context, cfg server.Config) error {
		cmd := bottle.Command(context.Background(), "serve", s.Name, "--protocol", cfg.Protocol)
		log, err := cmd.StderrPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		defer context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(os.Interrupt) })()
		var said strings.Builder
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
				cfg.Listening(netip.MustParseAddrPort(address))
			}
			said.WriteString(lines.Text())
		}
		if err := cmd.Wait(); err != nil && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			return fmt.Errorf("%s: %w: %s", s.Name, err, said.String()) // SIGKILL is Wine's, to who takes long to go
		}
		t, err := iocp.ReadTally(said.String())
		return errors.Join(err, t.Conserved())
	}
	return s
}

// TestUnderWine puts proactor/iocp through what the others go through: every client gets its answers, in order, however
// requests are cut, piled up, ended or broken off; every byte comes back; and the server ends in order, with each operation
// completed.
func TestUnderWine(t *testing.T) {
	s := underWine(t)
	for _, protocol := range []string{"line", "echo"} {
		t.Run(protocol, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				script := stress.Scripts(protocol).Draw(t, "script")
				address, stop := serve(t, s, server.Config{Protocol: protocol})
				defer func() { require.NoError(t, stop()) }()
				play(t, stress.Stage{Address: address, Protocol: protocol}, script)
			})
		})
	}
}
