//go:build linux

package steps

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/subject/protocol"
)

// backPressure: a server stops reading a client that does not read. It breaks when the server takes more than the kernel
// can hold for it, and so keeps it itself (counterexample/keeps-it-all).
func backPressure(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var g *guest
	var t talk
	var before, after subject.Counts
	var limit int
	sc.Given(`^a client that sends requests on and on, and never reads$`, func(ctx context.Context) (err error) {
		if c, err = w.servedClient(ctx); err != nil {
			return err
		}
		if limit, err = moreThanTheKernelHolds(); err != nil {
			return err
		}
		if before, err = c.server.Counts(); err != nil {
			return err
		}
		if g, err = c.growLittle(); err != nil {
			return owed("an open door", err)
		}
		if t, err = c.stuff(g, 32<<10, limit); err != nil {
			return owed("a server that takes requests, or leaves them unread", err)
		}
		after, err = c.server.Counts()
		return err
	})
	sc.Then(`^the server takes only so much, and then leaves the rest to the client$`, func() error {
		const MiB = 1 << 20
		w.Note("%.1f MiB taken, the kernel's buffers included; the server's memory grew by %.1f MiB", float64(t.sent)/MiB, float64(after.RSS-before.RSS)/MiB)
		if !t.full && c.mayEnd() { // how long answers are is the server's affair, too
			var came counter
			g.answers = bufio.NewReaderSize(io.TeeReader(c.reader(g.fd), &came), little)
			switch err := t.answers(g); {
			case errors.Is(err, protocol.ErrEnded):
				return endsEarly()
			case err == nil && int(came) < limit:
				return check.Inconclusivef("it took all requests, and all of its answers, %d bytes, fit into the kernel's buffers: have it serve some KiB as /", came)
			}
		}
		if !t.full {
			return check.Failf("a server that stops reading a client who does not read",
				"it took %d MiB without one answer read, more than the kernel's buffers hold, and its memory grew by %.1f MiB", t.sent/MiB, float64(after.RSS-before.RSS)/MiB)
		}
		return nil
	})
	sc.Then(`^others are served while it does not read$`, func() error {
		if err := c.grow(3); err != nil {
			return owed("an open door", err)
		}
		return owed("answers for others", c.inTurn(c.clients[2:]))
	})
	sc.Then(`^when it reads at last, every answer is there$`, func() error {
		g.answers = bufio.NewReaderSize(c.reader(g.fd), little)
		if err := t.hear(g); err != nil {
			return owed("all answers, byte by byte", err)
		}
		w.Note("%d answers read", len(t.asked))
		return nil
	})
}

// moreThanTheKernelHolds is a number of bytes that do not fit into the buffers of one connection, however the kernel sizes
// them: the upper bounds of the server's two, those of the client's, and as much again for what a server may decently
// keep.
func moreThanTheKernelHolds() (bytes int, err error) {
	for _, name := range []string{"tcp_rmem", "tcp_wmem"} {
		text, readErr := os.ReadFile("/proc/sys/net/ipv4/" + name)
		var least, usual, most int
		_, scanErr := fmt.Sscan(string(text), &least, &usual, &most)
		if err := errors.Join(readErr, scanErr); err != nil {
			return 0, fmt.Errorf("read the bounds of the kernel's buffers from %s: %w", name, err)
		}
		bytes += most
	}
	return bytes + 16<<20, nil
}
