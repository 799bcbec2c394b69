//go:build linux

package steps

import (
	"context"
	"time"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
)

// timeSharing: a request takes far less than a millisecond of the server. It breaks when the CPU time of a request does
// not, and is inconclusive when the machine gives the server so little of its time that the rate says nothing.
func timeSharing(sc *godog.ScenarioContext, w *World) {
	var crowd *crowd
	var fastest float64 // requests in a second, in the best round
	var cost time.Duration

	sc.Given(`^(\d+) clients connected to the server$`, func(ctx context.Context, n int) (err error) {
		if err = needDescriptors(n + 100); err != nil {
			return err
		}
		if crowd, err = w.invite(ctx); err == nil {
			err = crowd.grow(n)
		}
		if err == nil {
			err = crowd.together(crowd.clients) // so the server has accepted all of them
		}
		return err
	})
	sc.When(`^every client sends a request, all at once, in (\d+) rounds$`, func(rounds int) error {
		pids, err := crowd.server.PIDs()
		if err != nil {
			return err
		}
		before, err := measure.ProcessesCPU(pids)
		for range rounds {
			started := time.Now()
			if err == nil {
				err = crowd.together(crowd.clients)
			}
			fastest = max(fastest, float64(len(crowd.clients))/time.Since(started).Seconds())
		}
		if err != nil {
			return err
		}
		after, err := measure.ProcessesCPU(pids)
		cost = (after - before) / time.Duration(rounds*len(crowd.clients))
		return err
	})
	sc.Then(`^the server spends less than 1 ms of CPU time on a request, and answers more than (\d+) in a second$`, func(least float64) error {
		w.Note("%v of CPU time per request, %.0f requests in a second in the fastest round", cost, fastest)
		if cost >= time.Millisecond {
			return check.Failf("less than 1 ms of CPU time per request", "%v", cost)
		}
		if fastest <= least {
			return check.Inconclusivef("%.0f requests in a second at %v of CPU time each: the machine is too busy to show the rate", fastest, cost)
		}
		return nil
	})
}
