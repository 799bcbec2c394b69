//go:build linux

package steps

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
)

// What a client says, piece by piece, and what the handler of the line protocol answers to all of it.
var (
	said = []string{
		"echo one\necho two\necho thr", "ee\r\n", "blob 300\nsl", "eep 1\nspin 1\necho \n",
		"nonsense\n", "echo " + strings.Repeat("x", 9000) + "\n", "quit\necho too late\n",
	}
	answered = "one\ntwo\nthree\n" + alphabet(300) + "slept 1\nspun 1\n\n" +
		"error: unknown request \"nonsense\"\n" + strings.Repeat("x", 9000) + "\n"
)

// alphabet is a blob of n bytes: the letters again and again, the last byte a newline.
func alphabet(n int) string {
	return strings.Repeat("abcdefghijklmnopqrstuvwxyz", n/26+1)[:n-1] + "\n"
}

// conversation: every server gives the same answers. It breaks when one of them loses, doubles, mixes up or changes a
// byte, or keeps a connection open that the handler has ended.
func conversation(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var got []byte
	sc.Given(`^a client of the server$`, func(ctx context.Context) (err error) {
		if w.Target.Protocol != "line" {
			return check.Unsupportedf("the conversation is of the line protocol, and the server speaks %s", w.Target.Protocol)
		}
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		return c.grow(1)
	})
	sc.When(`^it has the conversation that it has with every server$`, func() (err error) {
		for _, piece := range said {
			if err := unix.Send(c.clients[0].fd, []byte(piece), unix.MSG_NOSIGNAL); err != nil {
				return fmt.Errorf("send %d bytes: %w", len(piece), err)
			}
		}
		if got, err = io.ReadAll(c.clients[0].answers); err != nil {
			return fmt.Errorf("after %d bytes of answers: %w", len(got), err)
		}
		return nil
	})
	sc.Then(`^the answers are, byte for byte, those that the handler gives$`, func() error {
		if string(got) != answered {
			same := 0
			for same < min(len(got), len(answered)) && got[same] == answered[same] {
				same++
			}
			return check.Failf(fmt.Sprintf("%d bytes of answers", len(answered)), "%d bytes, of which the first %d are right", len(got), same)
		}
		w.Note("%d requests in %d pieces, %d bytes of answers", 9, len(said), len(got))
		return nil
	})
}
