//go:build linux

package steps

import (
	"context"
	"fmt"
	"runtime"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// sameReactor: who waits for a slow request. With many reactors it is those of the same reactor, though others are idle;
// with workers nobody, as long as one of them is free. It breaks when a reactor takes over what another one is too busy for.
func sameReactor(sc *godog.ScenarioContext, w *World) {
	b := &beside{w: w}
	var request string
	var seen [2]latecomers
	sc.Given(`^so many clients that some share a reactor, of the server and of ([a-z/-]+) beside it$`, func(ctx context.Context, name string) error {
		return b.invite(ctx, 2*max(2, runtime.NumCPU()), name)
	})
	sc.When(`^one of them waits for (\d+) ms, and the others ask as soon as the server has read that$`, func(ms int) { request = fmt.Sprintf("sleep %d\n", ms) })
	sc.Then(`^some of the others wait for it, and none of the other server's$`, func() error {
		others := len(b.sides[0].clients) - 1
		for range tries { // a busy machine may make anybody late
			for i, c := range b.sides {
				round, err := c.overtake(request)
				if err != nil {
					return err
				}
				seen[i].better(round)
			}
			if seen[0].early > 0 && seen[1].early == others {
				break
			}
		}
		early := [2]int{seen[0].early, seen[1].early}
		w.Note("of %d others, answered before the slow request: %d; with %s: %d", others, early[0], b.names[1], early[1])
		w.Measured(seen[0].series(b.names[0]))
		switch {
		case early[0] == others:
			return check.Failf("a client that waits, since it has the same reactor", "all of %d others were answered before the slow request", others)
		case early[0] == 0:
			return check.Failf("clients of other reactors answered before the slow request", "none of %d others was, in the best of %d rounds", others, tries)
		case early[1] < others:
			return check.Failf(fmt.Sprintf("workers of %s that leave the reactor free: all others answered before the slow request", b.names[1]), "%d of %d", early[1], others)
		}
		return nil
	})
}
