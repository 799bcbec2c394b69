//go:build linux

package steps

import (
	"math/rand/v2"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/report"
)

// interestCost: a change costs no more than the logarithm of the set. A list that is searched from its beginning would
// make it a hundred times as dear in a set a hundred times as large.
func interestCost(sc *godog.ScenarioContext, w *World) {
	const changes = 40
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var sizes []int
	var fds []int
	var sets []sock.Epoll
	var contest measure.Contest

	sc.Given(`^epoll instances that watch ([\d, ]+) and (\d+) event counters$`, func(list string, last int) (err error) {
		sizes = append(numbers(list), last)
		if err = needDescriptors(last + 100); err != nil {
			return err
		}
		if fds, err = bag.Eventfds(last); err != nil {
			return err
		}
		rand.Shuffle(last, func(i, j int) { fds[i], fds[j] = fds[j], fds[i] })
		for _, n := range sizes {
			ep, err := watchAll(&bag, fds[:n], unix.EPOLLIN)
			if err != nil {
				return err
			}
			sets = append(sets, ep)
		}
		return nil
	})
	sc.When(`^deleting and adding one, and changing one, are measured in each of them$`, func() {
		for i, n := range sizes {
			next := rotation(fds[:n], changes)
			contest.Add(changes, func() { renew(sets[i], next()) })
			contest.Add(changes, func() { modify(sets[i], next()) })
		}
	})
	sc.Then(`^a hundredfold set makes neither more than (\d+) times as dear$`, func(times int) error {
		dearer := func(c []float64) (renew, modify float64) { return c[4] / c[0], c[5] / c[1] }
		flat := contest.Until(60, 20, func(costs []float64) bool {
			r, m := dearer(costs)
			return max(r, m) <= float64(times)
		})
		r, m := dearer(contest.Costs())
		w.Note("sets of %s: DEL and ADD, and MOD, take %s ns in turn; a hundredfold set costs %.2f and %.2f times as much (the logarithm: 2)", english.List(sizes, "%d"), english.List(contest.Costs(), "%.0f"), r, m)
		for i, name := range []string{"DEL and ADD", "MOD"} {
			c := contest.Costs()
			w.Measured(report.Series{Of: "the cost of a change of the interest list", Name: name, XUnit: "descriptors watched", YUnit: "ns", X: floats(sizes), Y: []float64{c[i], c[2+i], c[4+i]}})
		}
		if !flat {
			return check.Failf("a change that costs about the logarithm of the set", "a hundredfold set makes DEL and ADD %.1f, MOD %.1f times as dear", r, m)
		}
		return nil
	})
}

// renew deletes members of the set, one after the other, and adds each again at once. Errors cannot come from a set
// that holds what it should; a wrong set would show in the costs.
func renew(ep sock.Epoll, fds []int) {
	for _, fd := range fds {
		_ = ep.Del(fd)
		_ = ep.Add(fd, unix.EPOLLIN)
	}
}

func modify(ep sock.Epoll, fds []int) {
	for _, fd := range fds {
		_ = ep.Mod(fd, unix.EPOLLIN)
	}
}
