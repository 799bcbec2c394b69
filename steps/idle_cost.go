//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/report"
)

// idleCost: what idle connections add to the CPU time of a request. One instance of the server for each number of idle
// connections, measured in turn. The steps about select and poll fail on an epoll server, and that about epoll on theirs.
func idleCost(sc *godog.ScenarioContext, w *World) {
	var idle []int
	var contest measure.Contest
	var failed error

	sc.Given(`^an instance of the server with ([\d, ]+) and (\d+) idle clients each, and (\d+) active ones$`, func(ctx context.Context, list string, last, active int) error {
		idle = append(numbers(list), last)
		if err := needDescriptors(sum(idle) + len(idle)*active + 200); err != nil {
			return err
		}
		for _, n := range idle {
			c, err := w.invite(ctx)
			if err == nil {
				err = c.settle(n, active)
			}
			if err != nil {
				return err
			}
			pids, err := c.server.PIDs() // whichever of them has the active clients
			if err != nil {
				return err
			}
			requests := c.clients[:active]
			contest.AddProcesses(pids, active, func() { failed = errors.Join(failed, c.inTurn(requests)) })
		}
		return nil
	})
	judge := func(what string, shape func(costs []float64) bool) error {
		ok := contest.Afresh(3, 8, 12, shape)
		if err := errors.Join(failed, contest.Err()); err != nil {
			return err
		}
		costs := contest.Costs()
		if slices.Min(costs) <= 0 {
			return fmt.Errorf("requests cost the server's processes no CPU time (%.0f ns each): who else answered them?", costs)
		}
		w.Note("CPU time of the server per request with %s idle clients: %s µs, each %s times the one before", english.List(idle, "%d"), english.List(scaled(costs, 1e-3), "%.1f"), english.List(factors(costs), "%.2f"))
		w.Measured(report.Series{Of: "the CPU time of a server's request amid idle clients", XUnit: "idle clients", YUnit: "ns", X: floats(idle), Y: costs})
		if !ok {
			return check.Failf(what, "%.1f µs per request with %v idle clients", scaled(costs, 1e-3), idle)
		}
		return nil
	}
	sc.Then(`^idle clients make a request dearer, and the second half of them by a smaller factor than the first half$`, func() error {
		return judge("a cost that rises by addition: were it by multiplication, both halves would have the same factor", func(y []float64) bool {
			first, second := y[1]/y[0], y[2]/y[1]
			return first > 1.5 && second > 1 && second < 0.8*first
		})
	})
	sc.Then(`^a request costs at most ([\d.]+) times as much with the most idle clients as with none$`, func(times float64) error {
		return judge(fmt.Sprintf("at most %.1f times the CPU time per request", times), func(y []float64) bool { return y[len(y)-1] <= times*y[0] })
	})
}

// settle makes the server accept the active clients, each of which asks once, and then the idle ones.
func (c *crowd) settle(idle, active int) error {
	if err := c.grow(active + idle); err != nil {
		return err
	}
	return c.together(c.clients)
}

func sum(v []int) (total int) {
	for _, n := range v {
		total += n
	}
	return total
}
