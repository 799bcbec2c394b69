//go:build linux

package steps

import (
	"context"
	"fmt"

	"github.com/cucumber/godog"
)

// halfCloses: a client that has said all it has to say still gets its answers. The steps about a big reply are
// bigReplies'.
func halfCloses(sc *godog.ScenarioContext, w *World) {
	var c *crowd
	var talks []talk
	sc.When(`^(\d+) more send (\d+) requests each and shut down their sending side at once$`, func(ctx context.Context, n, requests int) error {
		if err := c.grow(n); err != nil {
			return owed("an open door", err)
		}
		for _, g := range c.clients[1:] {
			t := c.some(requests)
			talks = append(talks, t)
			if err := t.sendRest(g); err != nil {
				return owed("a server that listens to the end", err)
			}
		}
		return nil
	})
	sc.Then(`^each of them gets all answers$`, func() error {
		for i, g := range c.clients[1:] {
			if err := talks[i].answers(g); err != nil {
				return owed("answers for who has no more to say", fmt.Errorf("client %d: %w", i+1, err))
			}
		}
		return nil
	})
	sc.Given(`^a client of the server, beside which others come$`, func(ctx context.Context) (err error) {
		c, err = w.servedClient(ctx)
		return err
	})
}

// some gives a number of small requests, all to be sent at once, and then the end.
func (c *crowd) some(requests int) talk {
	t := talk{last: true}
	for range requests {
		c.asked++
		r := c.speaks.Request(c.asked)
		t.asked, t.unsent = append(t.asked, r), append(t.unsent, r.Bytes...)
	}
	return t
}
