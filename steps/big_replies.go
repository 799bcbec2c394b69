//go:build linux

package steps

import (
	"bufio"
	"context"
	"errors"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/subject/protocol"
)

// bigReplies: a reply that fits into no buffer arrives whole, also when its client reads late or has no more to say. It
// breaks when the rest of a reply is lost (counterexample/forgets-short-writes), and when a server hangs up on a client
// that has shut down its sending side (counterexample/takes-half-for-all).
func bigReplies(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var g *guest
	var reply protocol.Big
	var t talk
	sc.Given(`^a client that asks for (\d+) MiB and reads nothing until the reply fills the buffers$`, func(ctx context.Context, mib int) (err error) {
		if c, err = w.servedClient(ctx); err != nil {
			return err
		}
		if g, err = c.growLittle(); err != nil {
			return owed("an open door", err)
		}
		if reply, t, err = c.askMuch(g, mib<<20); err != nil {
			return owed("a server that takes the request", err)
		}
		return owed("a reply that is under way", c.stands(g, reply.Request.In))
	})
	sc.When(`^it shuts down its sending side$`, func() error { return t.end(g) })
	sc.Then(`^others are served meanwhile$`, func() error {
		if err := c.grow(3); err != nil {
			return owed("an open door", err)
		}
		for range 3 {
			if err := c.inTurn(c.clients[2:]); err != nil {
				return owed("answers for others, while a reply waits for its reader", err)
			}
		}
		return nil
	})
	sc.Then(`^it reads in sips, and the reply is whole$`, func() error {
		if err := t.hear(g); err != nil {
			return owed("all of the reply", err)
		}
		w.Note("%d bytes came in sips", reply.Request.In)
		return nil
	})
	sc.Then(`^what it asks next is answered, too$`, func() error {
		for _, r := range reply.After {
			if err := g.demand(r); err != nil {
				return owed("an answer behind a big one", err)
			}
		}
		return owed("an answer behind a big one", c.ask(g))
	})
}

// sip is how many bytes a client reads at a time that is in no hurry.
const sip = 4 << 10

// askMuch asks for a reply of that size and reads none of it.
func (c *crowd) askMuch(g *guest, size int) (reply protocol.Big, t talk, err error) {
	c.asked++
	reply = c.speaks.Reply(c.asked, size)
	for _, r := range reply.Before {
		if err := g.demand(r); err != nil {
			return reply, t, err
		}
	}
	g.answers = bufio.NewReaderSize(c.reader(g.fd), sip)
	t = talk{asked: []protocol.Request{reply.Request}, unsent: reply.Request.Bytes}
	return reply, t, c.push(g, &t)
}

// demand sends a request and reads its answer.
func (g *guest) demand(r protocol.Request) error {
	if err := sendAll(g.fd, r.Bytes); err != nil {
		return err
	}
	err := r.Answer(g.answers)
	if g.over = errors.Is(err, protocol.ErrLast); g.over {
		return nil
	}
	return gone(err)
}
