//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/subject"
)

// leaks: what clients leave behind. It breaks when a descriptor of a connection that was reset stays open
// (counterexample/leaks-at-a-reset), and when a thread stays for each client (counterexample/leaks-threads).
func leaks(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var n int
	var after []subject.Counts // each round
	var left error             // what was too much after the last round
	sc.Given(`^a server that a round of (\d+) clients has visited, who left in every way$`, func(ctx context.Context, clients int) (err error) {
		if c, err = w.invite(ctx); err != nil {
			return err
		}
		n = clients
		if err := c.visitAndLeave(n); err != nil {
			return owed("a server that serves whoever comes", err)
		}
		counts, err := c.atRest()
		after = append(after, counts)
		return err
	})
	sc.When(`^such rounds go on until two leave it as it was, but for (\d+) KB for each client, or (\d+) have left it with more$`, func(kilobytes int64, most int) error {
		allow := allowance{threads: runtimeThreads, memory: kilobytes << 10 * int64(n)}
		start, grown := after[0], 0
		for like := 0; like < 2 && grown < most; {
			if err := c.visitAndLeave(n); err != nil {
				return owed("a server that serves whoever comes", err)
			}
			var counts subject.Counts
			counts, left = backToStart(c.server, start, allow)
			if check.Of(left).Outcome == check.Error {
				return left
			}
			after = append(after, counts)
			if like++; left != nil {
				start, like, grown = counts, 0, grown+1
			}
		}
		return nil
	})
	sc.Then(`^it has come back to where it was$`, func() error {
		for i, a := range after {
			w.Note("after round %d: %v", i+1, holdings(a))
		}
		return left
	})
}

// runtimeThreads is how many threads a language's runtime may make in two rounds, since all it had were busy: fewer than a
// server makes that leaks one for each client of a kind.
const runtimeThreads = 2

// visitAndLeave has clients come, one after another, each of whom leaves in another way.
func (c *crowd) visitAndLeave(n int) error {
	ways := []func(*guest) error{
		func(*guest) error { return nil }, // without a word
		c.ask,
		func(g *guest) error { return errors.Join(c.ask(g), c.firstHalf(g)) },
		func(g *guest) error { return errors.Join(c.ask(g), c.firstHalf(g), resetting(g)) },
		func(g *guest) error { return errors.Join(c.ask(g), c.endFirst(g)) },
		func(g *guest) error { return errors.Join(c.beginReply(g, leftReply), resetting(g)) },
	}
	for i := range n {
		if err := c.grow(1); err != nil {
			return err
		}
		g := c.clients[0]
		c.clients = nil
		if err := ways[i%len(ways)](g); err != nil {
			return fmt.Errorf("client %d of %d: %w", i+1, n, err)
		}
		c.leave(g)
	}
	return nil
}

// endFirst ends the client's side, and waits for the server to end its own.
func (c *crowd) endFirst(g *guest) error {
	if err := halfClose(g); err != nil {
		return err
	}
	if _, err := g.answers.ReadByte(); !errors.Is(gone(err), errGone) {
		return fmt.Errorf("the server does not end its side of the connection: %w", err)
	}
	return nil
}

// leftReply is the size of a reply of which nothing is read.
const leftReply = 1 << 20
