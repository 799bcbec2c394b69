//go:build linux

package steps

import (
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/report"
)

// amidIdle: what idle descriptors add to a request, with each demultiplexer in turn. Select and poll show that the
// measurement notices them.
func amidIdle(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var far, near, idle []int
	var contest measure.Contest
	calls := []string{"select", "poll", "epoll_wait"}

	sc.Given(`^(\d+) active pairs of sockets, and up to (\d+) idle event counters watched beside them$`, func(active, n int) (err error) {
		if err = needDescriptors(2*active + n + 100); err != nil {
			return err
		}
		if far, near, err = pairs(&bag, active); err == nil {
			idle, err = bag.Eventfds(n)
		}
		return err
	})
	sc.When(`^the active ones are served one request each, amid none and amid all of the idle ones, by each demultiplexer$`, func() error {
		for _, watched := range [][]int{near, slices.Sorted(slices.Values(slices.Concat(near, idle)))} {
			ep, err := watchAll(&bag, watched, unix.EPOLLIN)
			if err != nil {
				return err
			}
			for _, find := range []func() int{selectFinder(watched), pollFinder(watched), epollFinder(ep)} {
				next := rotation(far, 2)
				contest.Add(2, func() { serveRound(next(), find) })
			}
		}
		return nil
	})
	sc.Then(`^idle ones make a request at most ([\d.]+) times as dear with epoll, and more than (\d+) times with select and with poll$`, func(flat, steep float64) error {
		dearer := func(i int) float64 { c := contest.Costs(); return c[3+i] / c[i] }
		apart := contest.Until(40, 20, func([]float64) bool { return dearer(2) <= flat && dearer(0) > steep && dearer(1) > steep })
		for i, call := range calls {
			c := contest.Costs()
			w.Note("%s: %.2f µs per request amid none, %.2f amid %d idle ones: %.2f times", call, c[i]/1e3, c[3+i]/1e3, len(idle), dearer(i))
			w.Measured(report.Series{Of: "the cost of a request amid idle descriptors", Name: call, XUnit: "idle descriptors", YUnit: "ns", X: []float64{0, float64(len(idle))}, Y: []float64{c[i], c[3+i]}})
		}
		if !apart {
			return check.Failf("idle descriptors to be paid for with select and poll, and not with epoll", "times as dear: select %.1f, poll %.1f, epoll %.1f", dearer(0), dearer(1), dearer(2))
		}
		return nil
	})
}
