//go:build linux

package steps

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/subject/protocol"
)

// dyingWorker: what a worker takes with it when it dies at its work. A process takes the client whose work it was at; a
// thread takes everybody, since a signal that ends a thread ends its process. It breaks when worker processes are none.
func dyingWorker(sc *godog.ScenarioContext, w *World) {
	b := &beside{w: w}
	var lost [2]int
	sc.Given(`^(\d+) clients of the server, and as many of ([a-z/-]+), of which the workers are threads$`, b.invite)
	sc.When(`^the worker at the first client's work is killed in each$`, func() error {
		for i, c := range b.sides {
			if err := c.killWorker(); err != nil {
				return err
			}
			for _, g := range c.clients[1:] {
				switch err := c.ask(g); {
				case errors.Is(err, errGone):
					lost[i]++
				case err != nil:
					return err
				}
			}
			w.Note("%s: of %d other clients, %d lost their connection", b.names[i], len(c.clients)-1, lost[i])
		}
		return nil
	})
	sc.Then(`^all other clients of the server are answered, and none of the other server's$`, func() error {
		if lost[0] > 0 {
			return check.Failf("every client answered but the one whose worker died", "%d of %d others lost their connection", lost[0], len(b.sides[0].clients)-1)
		}
		if all := len(b.sides[1].clients) - 1; lost[1] < all {
			return check.Failf("no client left where the worker was a thread", "%d of %d are", all-lost[1], all)
		}
		return nil
	})
}

// killWorker has the first client ask for work, and kills the process of the worker that does it. Which one that is, the
// server is asked before; if the work then was another's, it is answered, and all begins anew.
func (c *crowd) killWorker() error {
	g := c.clients[0]
	for range tries {
		pid, err := g.whoWorks()
		if err != nil {
			return err
		}
		if err := g.request(protocol.Line{}.Sleep(200)); err != nil {
			return err
		}
		if err := await.Until("the server to read the request", func() (bool, error) { return c.taken(g) }); err != nil {
			return err
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			return fmt.Errorf("kill the worker: %w", err)
		}
		if err := g.receive(); errors.Is(err, errGone) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return fmt.Errorf("of %d workers that were killed none was at the client's work", tries)
}

// whoWorks asks which process does the client's work.
func (g *guest) whoWorks() (pid int, err error) {
	if err := unix.Send(g.fd, []byte("whoami\n"), unix.MSG_NOSIGNAL); err != nil {
		return 0, fmt.Errorf("ask who works: %w", err)
	}
	answer, err := g.answers.ReadString('\n')
	if err != nil {
		return 0, gone(err)
	}
	var tid int
	if _, err := fmt.Fscan(strings.NewReader(answer), &pid, &tid); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("%q is no answer to whoami: %w", answer, err)
	}
	return pid, nil
}
