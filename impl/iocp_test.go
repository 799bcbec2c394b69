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
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/impl"
	"github.com/iospec/iospec/impl/server"
	"github.com/iospec/iospec/internal/wine"
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
		cmd := bottle.Command(context.Background(), []string{"serve", s.Name, "--protocol", cfg.Protocol})
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
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%s: %w: %s", s.Name, err, said.String())
		}
		return conserved(said.String())
	}
	return s
}

// conserved holds that each operation which was started has had one completion.
func conserved(said string) error {
	var started, accepts, receives, received, sends, sent, ends, failed int
	_, counts, _ := strings.Cut(said, "operations started: ")
	if _, err := fmt.Sscanf(counts, "%d; completed: %d accepts, %d receives of %d bytes, %d sends of %d bytes, %d ends, %d failed",
		&started, &accepts, &receives, &received, &sends, &sent, &ends, &failed); err != nil {
		return fmt.Errorf("understand %q: %w", said, err)
	}
	if started != accepts+receives+sends+ends+failed {
		return fmt.Errorf("not one completion for each operation: %s", counts)
	}
	return nil
}

// TestUnderWine puts proactor/iocp through what the others go through: every client gets its answers, in order, however
// requests are cut, piled up, ended or broken off; every byte comes back; and the server ends in order, with each operation
// completed.
func TestUnderWine(t *testing.T) {
	s := underWine(t)
	t.Run("exchange", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			clients := rapid.SliceOfN(scripts(), 1, 6).Draw(t, "clients")
			address, stop := serve(t, s, server.Config{Protocol: "line"})
			defer func() { require.NoError(t, stop()) }()
			bystander := dial(t, address)
			failed := make([]error, len(clients))
			var all sync.WaitGroup
			for i, c := range clients {
				all.Go(func() { failed[i] = c.play(t, address) })
			}
			for i := range 5 {
				bystander.ask(t, fmt.Sprint("echo ", i), fmt.Sprint(i))
			}
			all.Wait()
			require.NoError(t, errors.Join(failed...))
			bystander.ask(t, "echo still there", "still there")
		})
	})
	t.Run("echo", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			data := strings.Repeat(rapid.StringN(1, 100, -1).Draw(t, "data"), rapid.SampledFrom([]int{1, 1000, 10_000}).Draw(t, "times"))
			address, stop := serve(t, s, server.Config{Protocol: "echo"})
			defer func() { require.NoError(t, stop()) }()
			c := script{pieces: []string{data}, ending: "half-close", sip: 3000, buffer: 64 << 10, want: data}
			require.NoError(t, c.play(t, address))
		})
	})
}
